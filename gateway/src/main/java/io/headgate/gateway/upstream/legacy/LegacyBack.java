package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Client;
import io.headgate.filter.ClientSession;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.telemetry.Periodic;
import io.headgate.gateway.upstream.BackDialect;
import io.headgate.gateway.upstream.GatewayExchange;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.ListingReader;
import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamState;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.net.Backoff;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.gateway.upstream.wire.RequestWriter;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/**
 * The back dialect of the revisions with sessions, over Streamable HTTP or over HTTP+SSE.
 *
 * <p>An upstream session belongs to one caller, for a server may keep one caller's state in it. It is opened with the
 * first call that needs it, opened again when the server has forgotten it, and ended with the client's own session. The
 * calls of clients that have none are each made in one of a {@link SessionPool}.
 */
public final class LegacyBack implements BackDialect {
    private static final int MAX_SESSIONS = 20_000;
    /** Each holds a connection. */
    private static final int MAX_SSE_SESSIONS = 10_000;

    private static final Duration IDLE = Duration.ofMinutes(30);
    private static final Duration SWEEP = Duration.ofMinutes(1);
    /** What the gateway's own session declares: some servers offer a tool only to clients that can be asked what it asks. */
    static final RawJson LISTED_FOR =
            RawJson.of("{\"roots\":{},\"sampling\":{},\"elicitation\":{\"form\":{},\"url\":{}}," + "\"extensions\":{"
                    + GatewayExchange.SHOWS_INTERFACES + "}}");

    final HttpClient client;
    final UpstreamConfig config;
    final SharedSubscriptions subscriptions = new SharedSubscriptions(this);
    private final UpstreamTransport transport;
    private final Runnable doubt;
    private final Map<SessionKey, UpstreamSession> sessions = new ConcurrentHashMap<>();
    private final Sinks.Many<String> changes = Sinks.many().multicast().directBestEffort();
    private final SessionPool pool;
    private final Disposable sweeper;
    private final Set<SessionKey> comingBack = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Handshake greeted;
    private volatile boolean sessionless;
    private volatile boolean hasNoStreams;
    private volatile boolean holdsStreamsBack;
    private volatile boolean closed;

    /** {@code doubt} is run when an answer looks as if the server no longer speaks this era or transport. */
    public LegacyBack(UpstreamConfig config, HttpClient client, UpstreamTransport transport, Runnable doubt) {
        this.config = config;
        this.client = client;
        this.transport = transport;
        this.doubt = doubt;
        this.pool = new SessionPool(this, most());
        Periodic sweep = new Periodic(() -> expire(System.nanoTime()));
        this.sweeper = Flux.interval(SWEEP).subscribe(turn -> sweep.run());
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
        return transport;
    }

    /** The newest revision of the transport. */
    String assumedVersion() {
        return transport == UpstreamTransport.SSE ? ProtocolVersions.V2024_11_05 : ProtocolVersions.V2025_11_25;
    }

    @Override
    public String version() {
        UpstreamSession own = sessions.get(SessionKey.OWN);
        Handshake known = own == null ? greeted : own.handshake();
        return known == null ? assumedVersion() : known.version();
    }

    @Override
    public boolean keepsSessions() {
        return !isShared();
    }

    /** The server answered {@code initialize} where the gateway keeps no session of its own. */
    void greeted(Handshake handshake, boolean givesId) {
        greeted = handshake;
        if (!givesId) {
            sessionless();
        }
    }

    @Override
    public Flux<JsonRpc> call(Exchange exchange) {
        if (exchange.session() == null && !isShared()) {
            return Flux.defer(() -> callPooled(exchange));
        }
        UpstreamSession session = sessionOf(exchange);
        if (session == null) {
            return tooMany();
        }
        Flux<JsonRpc> call = call(session, exchange);
        return exchange.session() == null ? call : session.settings().remembering(exchange, call);
    }

    private static Flux<JsonRpc> call(UpstreamSession session, Exchange exchange) {
        Flux<JsonRpc> call = session.call(exchange, null);
        return session.isOpen() ? call : session.opened().thenMany(call);
    }

    private Flux<JsonRpc> callPooled(Exchange exchange) {
        SessionPool.Loan loan = pool.lend(exchange);
        if (loan == null) {
            return tooMany();
        }
        UpstreamSession session = loan.session();
        Flux<JsonRpc> call = session.call(exchange, loan);
        String level = exchange.client().logLevel();
        if (session.isOpen() && session.hasLevel(level) && session.hears(exchange)) {
            return call;
        }
        return session.opened()
                .flatMap(opened -> (opened.hears(exchange) ? Mono.<Void>empty() : opened.hear())
                        .then(Mono.defer(() -> opened.hasLevel(level) ? Mono.empty() : setLevel(opened, level))))
                .thenMany(call)
                .doFinally(end -> loan.dropUnlessTaken());
    }

    private Flux<JsonRpc> tooMany() {
        return Flux.error(() -> client.meters().refuse(UpstreamFault.SESSIONS, null));
    }

    /** Whether the server takes the level or not, the call is made. */
    private Mono<Void> setLevel(UpstreamSession session, @Nullable String level) {
        session.settings().level(level);
        return session.call(setLevel(String.valueOf(level)), null)
                .onErrorComplete()
                .then();
    }

    Exchange setLevel(String level) {
        return GatewayExchange.of(config.name(), Methods.SET_LEVEL, "{\"level\":" + JsonStrings.quote(level) + "}");
    }

    Exchange subscribe(String uri) {
        return GatewayExchange.of(
                config.name(), Methods.RESOURCES_SUBSCRIBE, "{\"uri\":" + JsonStrings.quote(uri) + "}");
    }

    Exchange unsubscribe(String uri) {
        return GatewayExchange.of(
                config.name(), Methods.RESOURCES_UNSUBSCRIBE, "{\"uri\":" + JsonStrings.quote(uri) + "}");
    }

    @Override
    public Flux<JsonRpc> tell(Exchange exchange) {
        UpstreamSession session = exchange.session() == null ? null : sessions.get(keyOf(exchange));
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
        UpstreamSession session = sessionOf(exchange);
        if (session == null) {
            return tooMany();
        }
        return session.inbox().listen().doOnSubscribe(begun -> {
            if (session.isLost()) {
                comeBack(session.key(), /* isInTurn= */ false);
            }
        });
    }

    /** True if the server said that the gateway's own session has no stream: its changes are not heard. */
    public boolean announcesNothing() {
        return own().hasNoStream();
    }

    @Override
    public boolean canWatch() {
        UpstreamSession own = sessions.get(SessionKey.OWN);
        return own == null || !own.isOpen() || (own.offersSubscriptions() && !own.hasNoStream());
    }

    @Override
    public Mono<Listing> list() {
        return own().opened().flatMap(session -> read(session, this::callOwn));
    }

    /** The lists in a session for just that, where the gateway keeps none of its own. */
    public Mono<Listing> listBriefly() {
        return Mono.usingWhen(
                Mono.fromSupplier(() -> session(SessionKey.BRIEF, LISTED_FOR, GatewayExchange.INFO, null)),
                session -> session.opened().flatMap(opened -> read(opened, exchange -> opened.call(exchange, null))),
                UpstreamSession::end);
    }

    private Mono<Listing> read(UpstreamSession session, Function<Exchange, Flux<JsonRpc>> call) {
        Handshake server = session.handshake();
        return new ListingReader(config.name(), config.limits(), client.meters(), call)
                .read(server.capabilities(), server.serverInfo(), server.instructions())
                .map(Listing::ofOlderRevision);
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

    /** The session in which the gateway itself asks; it has no roots, and other questions are refused. */
    UpstreamSession own() {
        return sessions.computeIfAbsent(SessionKey.OWN, key -> session(key, LISTED_FOR, GatewayExchange.INFO, null));
    }

    Flux<JsonRpc> callOwn(Exchange exchange) {
        return call(own(), exchange);
    }

    /** The server gave no session id: it cannot tell callers apart, so they can share. */
    void sessionless() {
        sessionless = true;
    }

    public boolean isSessionless() {
        return sessionless;
    }

    /** True if the server said the last time that its sessions have no streams. */
    boolean hasNoStreams() {
        return hasNoStreams;
    }

    void noStreams(boolean said) {
        hasNoStreams = said;
    }

    /** True if the server begins a stream only when it has something to say. */
    boolean holdsStreamsBack() {
        return holdsStreamsBack;
    }

    void holdsStreamsBack(boolean seen) {
        holdsStreamsBack = seen;
    }

    /** The session in the place of one that the server has forgotten; all who ask get the same. */
    UpstreamSession renew(UpstreamSession lost) {
        UpstreamSession next = sessions.compute(
                lost.key(), (key, current) -> current == null || current == lost ? lost.successor() : current);
        lost.close(UpstreamFault.SESSION_GONE);
        return next;
    }

    /** Lets the next call open another session. A client that is still there keeps what it listens to. */
    void replace(UpstreamSession former) {
        sessions.computeIfPresent(former.key(), (key, current) -> {
            if (current != former) {
                return current;
            }
            return closed || key.is(SessionKey.Kind.POOLED) ? null : former.successor();
        });
    }

    void remove(UpstreamSession session) {
        sessions.remove(session.key(), session);
    }

    /**
     * Opens the successor of a session that the server lost, as soon as the server is there, if somebody waits for what
     * comes in it; the next call would open it otherwise.
     */
    void comeBack(SessionKey key, boolean isInTurn) {
        if (!isAwaited(key) || !comingBack.add(key)) {
            return;
        }
        boolean isOwn = key.is(SessionKey.Kind.OWN);
        Backoff attempts = new Backoff();
        Mono<UpstreamSession> reopened = Mono.defer(() -> reopened(key))
                .retryWhen(Retry.from(failures -> failures.concatMap(
                        failure -> client.returns().turn(attempts, isOwn).thenReturn(failure))));
        (isInTurn ? reopened : client.returns().turn(isOwn).then(reopened))
                .doFinally(end -> {
                    comingBack.remove(key);
                    // It may have been lost again before this was said.
                    UpstreamSession now = sessions.get(key);
                    if (now != null && now.isLost()) {
                        comeBack(key, /* isInTurn= */ false);
                    }
                })
                .subscribe(new Unheeded());
    }

    private boolean isAwaited(SessionKey key) {
        UpstreamSession session = sessions.get(key);
        return !closed && session != null && session.isAwaited();
    }

    private Mono<UpstreamSession> reopened(SessionKey key) {
        UpstreamSession session = sessions.get(key);
        return session == null || !isAwaited(key) ? Mono.empty() : session.opened();
    }

    /** Ends the gateway's own session: what the gateway wants to know is told elsewhere. */
    public void leaveOwn() {
        UpstreamSession own = sessions.get(SessionKey.OWN);
        if (own != null) {
            own.end().subscribe(new Unheeded());
        }
    }

    /** Asks again which eras the server speaks, if it refused to open a session. */
    void refused(Throwable failed) {
        if (failed instanceof Refusal refusal
                && (refusal.reason() == Refusal.Reason.UPSTREAM_REFUSED
                        || refusal.reason() == Refusal.Reason.UPSTREAM_ERROR
                        || refusal.reason() == Refusal.Reason.UPSTREAM_PROTOCOL)) {
            doubt.run();
        }
    }

    void expire(long now) {
        pool.expire(now);
        for (UpstreamSession session : sessions.values()) {
            // The gateway's own session hears of changes, however seldom they are.
            if (!session.servesMany() && session.isIdle(now, IDLE.toNanos())) {
                session.end().subscribe(new Unheeded());
            }
        }
    }

    /** Ends all sessions. */
    public Mono<Void> close() {
        return Mono.defer(() -> {
            closed = true;
            sweeper.dispose();
            synchronized (changes) {
                changes.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
            }
            return Flux.fromIterable(List.copyOf(sessions.values()))
                    .flatMap(UpstreamSession::end)
                    .then();
        });
    }

    private SessionKey keyOf(Exchange exchange) {
        ClientSession session = exchange.session();
        return session == null || isShared() ? SessionKey.SHARED : SessionKey.of(session);
    }

    /** True if the server cannot tell clients apart, or need not. */
    private boolean isShared() {
        return config.isStateless() || sessionless;
    }

    private boolean isFull() {
        return closed || sessions.size() >= most() || client.meters().isBeyondShare();
    }

    private int most() {
        return transport == UpstreamTransport.SSE ? MAX_SSE_SESSIONS : MAX_SESSIONS;
    }

    /** A session that is not in use yet; {@code former} is the one whose place it takes. */
    UpstreamSession session(SessionKey key, RawJson declared, RawJson info, @Nullable UpstreamSession former) {
        return transport == UpstreamTransport.SSE
                ? new SseSession(this, key, declared, info, former)
                : new StreamableSession(this, key, declared, info, former);
    }

    /** A new session for one call at a time, or null if there are too many. */
    @Nullable
    UpstreamSession open(SessionKey key, RawJson declared, Exchange exchange) {
        if (isFull()) {
            return null;
        }
        UpstreamSession made = session(key, declared, infoOf(exchange.client().kept()), null);
        sessions.put(key, made);
        return made;
    }

    private @Nullable UpstreamSession sessionOf(Exchange exchange) {
        SessionKey key = keyOf(exchange);
        UpstreamSession session = sessions.get(key);
        return session != null ? session : make(key, exchange);
    }

    private @Nullable UpstreamSession make(SessionKey key, Exchange exchange) {
        if (isFull()) {
            return null;
        }
        ClientSession owner = key.is(SessionKey.Kind.SHARED) ? null : exchange.session();
        // A server that cannot tell clients apart could not tell their answers apart, so nothing is declared to it.
        Client client = exchange.client().kept();
        RawJson capabilities = owner == null ? RawJson.EMPTY_OBJECT : client.capabilities();
        UpstreamSession made = session(key, capabilities, infoOf(client), null);
        UpstreamSession other = sessions.putIfAbsent(key, made);
        if (other != null) {
            return other;
        }
        if (owner != null) {
            owner.onEnd(() -> {
                UpstreamSession last = sessions.get(key);
                if (last != null) {
                    last.end().subscribe(new Unheeded());
                }
            });
        }
        return made;
    }

    private static RawJson infoOf(Client client) {
        RawJson info = client.info();
        return info == null ? GatewayExchange.INFO : info;
    }
}
