package io.headgate.gateway.upstream;

import io.headgate.filter.ClientSession;
import io.headgate.filter.Exchange;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/**
 * The back dialect of 2024-11-05, HTTP+SSE: requests are posted, and everything comes back on one event stream for each
 * session.
 *
 * <p>A session belongs to one caller, as in {@link LegacyBack}. It is opened with the first call that needs it and again
 * with the next call when its stream was lost.
 */
final class SseBack implements BackDialect {
    private static final int MAX_SESSIONS = 10_000;
    private static final Duration IDLE = Duration.ofMinutes(30);
    private static final Duration SWEEP = Duration.ofMinutes(1);
    private static final Duration BACK_AFTER = Duration.ofSeconds(1);
    private static final Duration BACK_AT_MOST = Duration.ofSeconds(60);
    private static final int BACK_ATTEMPTS = 10;

    static final String OWN = "own";
    static final String SHARED = "shared";
    static final String OF_CLIENT = "s:";

    final HttpClient client;
    final UpstreamConfig config;
    private final Runnable doubt;
    private final Map<String, SseSession> sessions = new ConcurrentHashMap<>();
    private final Sinks.Many<String> changes = Sinks.many().multicast().directBestEffort();
    private final Disposable sweeper;
    private final Disposable.Swap comingBack = Disposables.swap();
    private volatile boolean closed;

    /** {@code doubt} is run when an answer looks as if the server no longer speaks this transport. */
    SseBack(UpstreamConfig config, HttpClient client, Runnable doubt) {
        this.config = config;
        this.client = client;
        this.doubt = doubt;
        this.sweeper = Flux.interval(SWEEP).subscribe(turn -> expire(System.nanoTime()));
    }

    void doubt() {
        doubt.run();
    }

    @Override
    public UpstreamState.Era era() {
        return UpstreamState.Era.LEGACY;
    }

    @Override
    public UpstreamTransport transport() {
        return UpstreamTransport.SSE;
    }

    @Override
    public String version() {
        SseSession own = sessions.get(OWN);
        String agreed = own == null ? null : own.version();
        return agreed == null ? ProtocolVersions.V2024_11_05 : agreed;
    }

    @Override
    public Flux<JsonRpc> call(Exchange exchange) {
        SseSession session = sessionOf(exchange);
        return session == null ? Flux.error(() -> client.meters.refuse(Fault.SESSIONS, null)) : session.call(exchange);
    }

    @Override
    public Flux<JsonRpc> tell(Exchange exchange) {
        SseSession session = sessions.get(keyOf(exchange));
        boolean goesUp = exchange.method().equals(Methods.ROOTS_CHANGED)
                || exchange.method().equals(Methods.PROGRESS);
        if (session == null || !session.isOpen() || !goesUp) {
            return Flux.empty();
        }
        RawJson params = exchange.message().envelope().params();
        return session.post(RequestWriter.notification(exchange.method(), params))
                .thenMany(Flux.empty());
    }

    @Override
    public Flux<JsonRpc> listen(Exchange exchange, List<String> resourceUris) {
        SseSession session = sessionOf(exchange);
        return session == null
                ? Flux.error(() -> client.meters.refuse(Fault.SESSIONS, null))
                : session.inbox().listen();
    }

    @Override
    public Mono<Listing> list() {
        return own().opened().flatMap(session -> {
            Handshake server = session.handshake();
            return new Lists(config.name(), config.limits(), client.meters, session::call)
                    .read(server.capabilities(), server.serverInfo(), server.instructions())
                    .map(Listing::ofOlderRevision);
        });
    }

    @Override
    public Flux<String> changes() {
        return changes.asFlux().onBackpressureDrop();
    }

    void changed(String method) {
        // Sessions live on several loops, and no change may be lost.
        synchronized (changes) {
            changes.emitNext(method, Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }

    /** The session in which the gateway itself asks; nobody can be asked in it. */
    SseSession own() {
        return sessions.computeIfAbsent(
                OWN, key -> new SseSession(this, key, LegacyBack.LISTED_FOR, GatewayExchange.INFO));
    }

    /** Lets the next call open another session. A client that is still there keeps what it listens to. */
    void replace(SseSession former) {
        sessions.computeIfPresent(former.key(), (key, current) -> {
            if (current != former) {
                return current;
            }
            return closed || !key.startsWith(OF_CLIENT) ? null : former.successor();
        });
    }

    void remove(SseSession session) {
        sessions.remove(session.key(), session);
    }

    /** Opens the gateway's own session again, for changes are heard on its stream; which were missed, nobody knows. */
    void comeBack() {
        if (closed) {
            return;
        }
        Unheeded attempts = new Unheeded();
        if (!comingBack.update(attempts)) {
            return;
        }
        Mono.defer(() -> own().opened())
                .retryWhen(Retry.backoff(BACK_ATTEMPTS, BACK_AFTER).maxBackoff(BACK_AT_MOST))
                .delaySubscription(BACK_AFTER)
                .doOnNext(
                        own -> ModernBack.kinds(own.handshake().capabilities()).forEach(this::changed))
                .subscribe(attempts);
    }

    void expire(long now) {
        for (SseSession session : sessions.values()) {
            // The gateway's own session hears of changes, however seldom they are.
            if (!session.key().equals(OWN) && session.isIdle(now, IDLE.toNanos())) {
                session.end();
            }
        }
    }

    /** Ends all sessions. */
    Mono<Void> close() {
        return Mono.fromRunnable(() -> {
            closed = true;
            sweeper.dispose();
            comingBack.dispose();
            synchronized (changes) {
                changes.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
            }
            List.copyOf(sessions.values()).forEach(SseSession::end);
        });
    }

    private String keyOf(Exchange exchange) {
        if (config.isStateless()) {
            return SHARED;
        }
        ClientSession session = exchange.session();
        return session != null
                ? OF_CLIENT + session.id()
                : "c:" + exchange.caller().key();
    }

    private @Nullable SseSession sessionOf(Exchange exchange) {
        String key = keyOf(exchange);
        SseSession session = sessions.get(key);
        return session != null ? session : make(key, exchange);
    }

    private @Nullable SseSession make(String key, Exchange exchange) {
        if (closed || sessions.size() >= MAX_SESSIONS) {
            return null;
        }
        ClientSession owner = key.equals(SHARED) ? null : exchange.session();
        // Whoever has no session cannot be asked anything, so nothing is declared in its name.
        RawJson capabilities =
                owner == null ? RawJson.EMPTY_OBJECT : exchange.client().capabilities();
        RawJson info = exchange.client().info();
        SseSession made = new SseSession(this, key, capabilities, info == null ? GatewayExchange.INFO : info);
        SseSession other = sessions.putIfAbsent(key, made);
        if (other != null) {
            return other;
        }
        if (owner != null) {
            owner.onEnd(() -> {
                SseSession last = sessions.get(key);
                if (last != null) {
                    last.end();
                }
            });
        }
        return made;
    }
}
