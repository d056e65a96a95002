package io.headgate.gateway.upstream;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/** An MCP server that is reached over HTTP, in whichever era it speaks. */
public final class HttpUpstream implements Upstream {
    private static final List<String> KINDS =
            List.of(Methods.TOOLS_CHANGED, Methods.PROMPTS_CHANGED, Methods.RESOURCES_CHANGED);

    /** Three kinds, each at most once in this time: never more than 20 a second. */
    private static final Duration CHANGES_WINDOW = Duration.ofMillis(150);

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    private final UpstreamConfig config;
    private final UpstreamMeters meters;
    private final HttpClient client;
    private final EraProbe era;

    private HttpUpstream(UpstreamConfig config, LoopResources loops, MeterRegistry registry, InstantSource clock) {
        this.config = config;
        this.meters = new UpstreamMeters(config.name(), registry);
        this.client = new HttpClient(config, loops, meters);
        this.era = new EraProbe(config, client, clock);
    }

    /**
     * An upstream that connects when it is first needed. A call that is made on an event loop of these resources stays on
     * it.
     */
    public static HttpUpstream create(
            UpstreamConfig config, LoopResources loops, MeterRegistry registry, InstantSource clock) {
        return new HttpUpstream(config, loops, registry, clock);
    }

    @Override
    public String name() {
        return config.name();
    }

    @Override
    public Flux<JsonRpc> handle(Exchange exchange) {
        BackDialect dialect = era.known();
        if (exchange.message() instanceof JsonRpc.ClientNotification) {
            return dialect == null ? Flux.empty() : dialect.tell(exchange);
        }
        return dialect != null ? dialect.call(exchange) : era.find().flatMapMany(found -> found.call(exchange));
    }

    @Override
    public Flux<JsonRpc> listen(Exchange exchange, List<String> resourceUris) {
        return era.find().flatMapMany(dialect -> dialect.listen(exchange, resourceUris));
    }

    @Override
    public Flux<JsonRpc> watchTasks(Exchange exchange, List<String> taskIds) {
        return era.find().flatMapMany(dialect -> dialect.watchTasks(exchange, taskIds));
    }

    @Override
    public boolean canWatch() {
        BackDialect dialect = era.known();
        return dialect == null || dialect.canWatch();
    }

    @Override
    public Mono<Listing> list() {
        return era.find().flatMap(BackDialect::list);
    }

    @Override
    public Flux<String> changes() {
        return Flux.defer(() -> era.find().flatMapMany(BackDialect::changes).takeUntilOther(era.switches()))
                // A server that is down is found again by whoever lists it; here is only the waiting for that.
                .onErrorResume(unknown -> Flux.empty())
                .repeatWhen(ends -> ends.concatMap(end -> Mono.delay(Duration.ofSeconds(5))))
                .publish(all -> Flux.merge(KINDS.stream()
                        .map(kind -> all.filter(kind::equals).sample(CHANGES_WINDOW))
                        .toList()));
    }

    @Override
    public UpstreamState state() {
        BackDialect dialect = era.known();
        return new UpstreamState(
                config.name(),
                dialect == null ? Era.UNKNOWN : dialect.era(),
                dialect == null ? null : dialect.transport(),
                dialect == null ? null : dialect.version(),
                era.since(),
                meters.isHealthy(),
                meters.connections.get(),
                meters.callsInFlight.get(),
                meters.sessions.get(),
                client.returns.waiting(),
                meters.lastError());
    }

    @Override
    public Mono<Void> close() {
        return Mono.fromRunnable(era::close)
                .then(era.endSessions().timeout(CLOSE_WITHIN).onErrorComplete())
                .then(client.close())
                .then(Mono.fromRunnable(meters::close));
    }

    EraProbe era() {
        return era;
    }

    HttpClient client() {
        return client;
    }
}
