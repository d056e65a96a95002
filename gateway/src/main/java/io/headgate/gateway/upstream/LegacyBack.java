package io.headgate.gateway.upstream;

import io.headgate.filter.ClientSession;
import io.headgate.filter.Exchange;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The back dialect of the revisions with sessions over Streamable HTTP.
 *
 * <p>An upstream session belongs to one caller, for a server may keep one caller's state in it. It is opened with the
 * first call that needs it, opened again when the server has forgotten it, and ended with the client's own session. The
 * calls of clients that have none are each made in one of a {@link SessionPool}.
 */
final class LegacyBack implements BackDialect {
    private static final int MAX_SESSIONS = 20_000;
    private static final Duration IDLE = Duration.ofMinutes(30);
    private static final Duration SWEEP = Duration.ofMinutes(1);
    private static final String SHARED = "shared";
    /**
     * What the gateway's own session declares: some servers offer a tool only to clients that can be asked what it asks.
     * Not roots, which servers ask for as soon as they may.
     */
    static final RawJson LISTED_FOR = RawJson.of("{\"sampling\":{},\"elicitation\":{\"form\":{},\"url\":{}},"
            + "\"extensions\":{" + GatewayExchange.SHOWS_INTERFACES + "}}");

    static final String OWN = "own";

    final HttpClient client;
    final UpstreamConfig config;
    private final Runnable doubt;
    private final Map<String, LegacySession> sessions = new ConcurrentHashMap<>();
    private final Sinks.Many<String> changes = Sinks.many().multicast().directBestEffort();
    final SharedSubscriptions subscriptions = new SharedSubscriptions(this);
    private final SessionPool pool = new SessionPool(this);
    private final Disposable sweeper;
    private volatile boolean sessionless;
    private volatile boolean closed;

    LegacyBack(UpstreamConfig config, HttpClient client, Runnable doubt) {
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
        return UpstreamTransport.HTTP;
    }

    @Override
    public String version() {
        LegacySession own = sessions.get(OWN);
        return own == null ? ProtocolVersions.V2025_11_25 : own.version();
    }

    @Override
    public Flux<JsonRpc> call(Exchange exchange) {
        if (exchange.session() == null && !isShared()) {
            return Flux.defer(() -> callPooled(exchange));
        }
        LegacySession session = sessionOf(exchange);
        if (session == null) {
            return Flux.error(() -> client.meters.refuse(Fault.SESSIONS, null));
        }
        Flux<JsonRpc> call = new CallFlux(actual -> new LegacyCall(this, session, null, exchange, actual));
        return session.isOpen() ? call : session.opened().thenMany(call);
    }

    private Flux<JsonRpc> callPooled(Exchange exchange) {
        SessionPool.Loan loan = pool.lend(exchange);
        if (loan == null) {
            return Flux.error(client.meters.refuse(Fault.SESSIONS, null));
        }
        LegacySession session = loan.session();
        Flux<JsonRpc> call = new CallFlux(actual -> new LegacyCall(this, loan.take(), loan, exchange, actual));
        String level = exchange.client().logLevel();
        if (session.isOpen() && session.hasLevel(level)) {
            return call;
        }
        return session.opened()
                .flatMap(opened -> opened.hasLevel(level) ? Mono.empty() : setLevel(opened, level))
                .thenMany(call)
                .doFinally(end -> loan.dropUnlessTaken());
    }

    /** Whether the server takes the level or not, the call is made. */
    private Mono<Void> setLevel(LegacySession session, @Nullable String level) {
        Exchange set = GatewayExchange.of(
                config.name(), Methods.SET_LEVEL, "{\"level\":" + JsonStrings.quote(String.valueOf(level)) + "}");
        session.level(level);
        return new CallFlux(actual -> new LegacyCall(this, session, null, set, actual))
                .onErrorComplete()
                .then();
    }

    @Override
    public Flux<JsonRpc> tell(Exchange exchange) {
        LegacySession session = exchange.session() == null ? null : sessions.get(keyOf(exchange));
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
        if (exchange.session() == null) {
            return resourceUris.isEmpty() ? Flux.never() : subscriptions.listen(resourceUris);
        }
        LegacySession session = sessionOf(exchange);
        if (session == null) {
            return Flux.error(() -> client.meters.refuse(Fault.SESSIONS, null));
        }
        return session.inbox().listen();
    }

    @Override
    public boolean canWatch() {
        LegacySession own = sessions.get(OWN);
        return own == null || !own.isOpen() || (own.offersSubscriptions() && !own.hasNoStream());
    }

    @Override
    public Mono<Listing> list() {
        return own().opened()
                .flatMap(session -> new Lists(
                                config.name(), config.limits(), client.meters, exchange -> callOwn(exchange))
                        .read(session.capabilities(), session.serverInfo(), session.instructions())
                        .map(Listing::ofOlderRevision));
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

    /** The session in which the gateway itself asks; it declares nothing, so the server asks nothing back. */
    LegacySession own() {
        return sessions.computeIfAbsent(
                OWN, key -> new LegacySession(this, key, LISTED_FOR, GatewayExchange.INFO, true));
    }

    Flux<JsonRpc> callOwn(Exchange exchange) {
        LegacySession own = own();
        return own.opened().thenMany(new CallFlux(actual -> new LegacyCall(this, own, null, exchange, actual)));
    }

    /** The server gave no session id: it cannot tell callers apart, so they can share. */
    void sessionless() {
        sessionless = true;
    }

    /** The session in the place of one that the server has forgotten; all who ask get the same. */
    LegacySession renew(LegacySession lost) {
        LegacySession next = sessions.compute(
                lost.key(), (key, current) -> current == null || current == lost ? lost.successor() : current);
        lost.forget();
        return next;
    }

    void remove(LegacySession session) {
        sessions.remove(session.key(), session);
    }

    Collection<LegacySession> sessions() {
        return sessions.values();
    }

    void expire(long now) {
        pool.expire(now);
        for (LegacySession session : sessions.values()) {
            if (session.isIdle(now, IDLE.toNanos())) {
                session.end().subscribe(new Unheeded());
            }
        }
    }

    /** Ends all sessions. */
    Mono<Void> close() {
        return Mono.defer(() -> {
            closed = true;
            sweeper.dispose();
            synchronized (changes) {
                changes.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
            }
            return Flux.fromIterable(List.copyOf(sessions.values()))
                    .flatMap(LegacySession::end)
                    .then();
        });
    }

    private String keyOf(Exchange exchange) {
        ClientSession session = exchange.session();
        return session == null || isShared() ? SHARED : "s:" + session.id();
    }

    /** True if the server cannot tell clients apart, or need not. */
    private boolean isShared() {
        return config.isStateless() || sessionless;
    }

    /** A new session for one call at a time, or null if there are too many. */
    @Nullable
    LegacySession open(String key, RawJson declared, RawJson info) {
        if (closed || sessions.size() >= MAX_SESSIONS) {
            return null;
        }
        LegacySession made = new LegacySession(this, key, declared, info, /* isStanding= */ false);
        sessions.put(key, made);
        return made;
    }

    private @Nullable LegacySession sessionOf(Exchange exchange) {
        String key = keyOf(exchange);
        LegacySession session = sessions.get(key);
        return session != null ? session : make(key, exchange);
    }

    private @Nullable LegacySession make(String key, Exchange exchange) {
        if (closed || sessions.size() >= MAX_SESSIONS) {
            return null;
        }
        ClientSession owner = key.equals(SHARED) ? null : exchange.session();
        // A server that cannot tell clients apart could not tell their answers apart, so nothing is declared to it.
        RawJson capabilities =
                owner == null ? RawJson.EMPTY_OBJECT : exchange.client().capabilities();
        RawJson info = exchange.client().info();
        LegacySession made =
                new LegacySession(this, key, capabilities, info == null ? GatewayExchange.INFO : info, owner != null);
        LegacySession other = sessions.putIfAbsent(key, made);
        if (other != null) {
            return other;
        }
        if (owner != null) {
            owner.onEnd(() -> {
                LegacySession last = sessions.get(key);
                if (last != null) {
                    last.end().subscribe(new Unheeded());
                }
            });
        }
        return made;
    }
}
