package io.headgate.gateway.upstream.era;

import io.headgate.filter.Exchange;
import io.headgate.filter.LiveGauges;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.upstream.BackDialect;
import io.headgate.gateway.upstream.ListChanges;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.UpstreamState;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.resources.LoopResources;

/**
 * An MCP server that is reached over HTTP: each exchange in its client's own era if the server speaks it, else in the other
 * one.
 */
public final class HttpUpstream implements Upstream {
    /** Three kinds, each at most once in this time: never more than 20 a second. */
    private static final Duration CHANGES_WINDOW = Duration.ofMillis(150);

    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    /** How long the first lists wait for what the server says to clients with a session. */
    private static final Duration GREETED_WITHIN = Duration.ofMillis(500);

    /** How long the lists of one era wait for those of the other. */
    private static final Duration SESSIONS_WITHIN = Duration.ofSeconds(2);

    private final UpstreamConfig config;
    private final UpstreamMeters meters;
    private final HttpClient client;
    private final EraProbe eras;
    private final Sinks.Many<String> news = Sinks.many().multicast().directBestEffort();
    private volatile boolean wasAway;
    private volatile @Nullable Listing forSessions;

    private HttpUpstream(
            UpstreamConfig config,
            LoopResources loops,
            MeterRegistry registry,
            LiveGauges gauges,
            InstantSource clock,
            MemoryBudget memory) {
        this.config = config;
        this.meters = new UpstreamMeters(config.name(), registry, gauges, clock, memory);
        this.client = new HttpClient(config, loops, meters);
        this.eras = new EraProbe(config, client, clock);
        meters.eras(era -> eras.known().speaks(era));
    }

    /**
     * An upstream that connects when it is first needed. A call that is made on an event loop of these resources stays on
     * it.
     */
    public static HttpUpstream create(
            UpstreamConfig config, LoopResources loops, MeterRegistry registry, InstantSource clock) {
        return create(config, loops, registry, new LiveGauges(registry), clock, MemoryBudget.unlimited(registry));
    }

    /** The same within the budget of a gateway, where another one may take its place. */
    public static HttpUpstream create(
            UpstreamConfig config,
            LoopResources loops,
            MeterRegistry registry,
            LiveGauges gauges,
            InstantSource clock,
            MemoryBudget memory) {
        return new HttpUpstream(config, loops, registry, gauges, clock, memory);
    }

    @Override
    public String name() {
        return config.name();
    }

    @Override
    public Flux<JsonRpc> handle(Exchange exchange) {
        boolean hasSession = isOfSession(exchange);
        BackDialect dialect = eras.known(hasSession);
        if (exchange.message() instanceof JsonRpc.ClientNotification) {
            return dialect == null ? Flux.empty() : dialect.tell(exchange);
        }
        return dialect != null
                ? dialect.call(exchange)
                : eras.find(hasSession).flatMapMany(found -> found.call(exchange));
    }

    /** A later round of a call stays where its question came from: only servers without sessions ask by a result. */
    private static boolean isOfSession(Exchange exchange) {
        Envelope message = exchange.message().envelope();
        return exchange.session() != null && !message.has(Member.REQUEST_STATE) && !message.has(Member.INPUT_RESPONSES);
    }

    @Override
    public Flux<JsonRpc> listen(Exchange exchange, List<String> resourceUris) {
        boolean hasSession = exchange.session() != null;
        return inEveryEra(hasSession, dialect -> dialect.listen(exchange, resourceUris));
    }

    @Override
    public Flux<JsonRpc> watchTasks(Exchange exchange, List<String> taskIds) {
        return inEveryEra(/* hasSession= */ false, dialect -> dialect.watchTasks(exchange, taskIds));
    }

    /** What a dialect brings, and, when the server turns out to speak another era, what that one's does. */
    private <T> Flux<T> inEveryEra(boolean hasSession, Function<BackDialect, Flux<T>> source) {
        return Flux.defer(() -> {
            AtomicBoolean isOther = new AtomicBoolean();
            return Flux.defer(() -> eras.find(hasSession).flatMapMany(source))
                    .takeUntilOther(eras.switches(hasSession).doOnNext(other -> isOther.set(true)))
                    .repeat(() -> isOther.getAndSet(false));
        });
    }

    @Override
    public boolean canWatch() {
        BackDialect dialect = eras.known(/* hasSession= */ false);
        return dialect == null || dialect.canWatch();
    }

    @Override
    public Mono<Listing> list() {
        // A server that was away may be another one now.
        return Mono.defer(() -> wasAway ? eras.refresh().onErrorComplete() : Mono.empty())
                .then(Mono.defer(eras::find))
                .flatMap(BackDialect::list)
                .flatMap(this::withSessions)
                .doOnSuccess(listing -> listed(true))
                .doOnError(failed -> listed(false))
                .doOnCancel(() -> listed(false));
    }

    private void listed(boolean well) {
        wasAway = !well;
        meters.listed(well);
    }

    /** Adds what clients with a session are offered in their own era; what cannot be read in time is as it was. */
    private Mono<Listing> withSessions(Listing listing) {
        return eras.settled()
                .timeout(GREETED_WITHIN, Mono.fromRunnable(this::readAgainWhenSettled))
                .onErrorComplete()
                .then(eras.listForSessions()
                        .doOnNext(read -> forSessions = read)
                        .timeout(SESSIONS_WITHIN)
                        .onErrorResume(late -> Mono.justOrEmpty(forSessions)))
                .map(listing::withSessions)
                .defaultIfEmpty(listing);
    }

    private void readAgainWhenSettled() {
        eras.settled().doOnTerminate(this::anyChanged).subscribe(new Unheeded());
    }

    /** Each list may be another one. */
    private void anyChanged() {
        synchronized (news) {
            ListChanges.ALL.forEach(kind -> news.emitNext(kind, Sinks.EmitFailureHandler.FAIL_FAST));
        }
    }

    @Override
    public Flux<String> changes() {
        Flux<String> heard = inEveryEra(/* hasSession= */ false, eras::changes)
                // A server that is down is found again by whoever lists it; here is only the waiting for that.
                .onErrorResume(unknown -> Flux.empty())
                .repeatWhen(ends -> ends.concatMap(end -> Mono.delay(PAUSE)));
        // Who is asked in another era than before may be shown something else.
        Flux<String> others =
                eras.switches(true).mergeWith(eras.switches(false)).concatMapIterable(change -> ListChanges.ALL);
        return Flux.merge(heard, others, news.asFlux())
                .publish(all -> Flux.merge(ListChanges.ALL.stream()
                        .map(kind -> all.filter(kind::equals).sample(CHANGES_WINDOW))
                        .toList()));
    }

    /** The state once the server has been asked for each era. */
    public Mono<UpstreamState> settled() {
        return eras.settled().onErrorComplete().then(Mono.fromSupplier(this::state));
    }

    @Override
    public UpstreamState state() {
        KnownEras known = eras.known();
        BackDialect forSessions = known.forSessions();
        return new UpstreamState(
                config.name(),
                known.states(),
                forSessions == null || forSessions.era() == Era.LEGACY,
                meters.isHealthy(),
                meters.connections(),
                meters.callsInFlight(),
                meters.sessions(),
                client.returns().waiting(),
                meters.lastError(),
                meters.pastError());
    }

    @Override
    public Mono<Void> close() {
        return Mono.fromRunnable(eras::close)
                .then(eras.endSessions().timeout(CLOSE_WITHIN).onErrorComplete())
                .then(client.close())
                .then(Mono.fromRunnable(meters::close));
    }

    EraProbe era() {
        return eras;
    }

    HttpClient client() {
        return client;
    }
}
