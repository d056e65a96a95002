package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.upstream.BackDialect;
import io.headgate.gateway.upstream.GatewayExchange;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.ListingReader;
import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamState;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.gateway.upstream.wire.RequestWriter;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The back dialect of the revisions with sessions, over Streamable HTTP or over HTTP+SSE.
 *
 * <p>An upstream session belongs to one caller, for a server may keep one caller's state in it. It is opened with the
 * first call that needs it, opened again when the server has forgotten it, and ended with the client's own session. The
 * calls of clients that have none are each made in one of a {@link SessionPool}.
 */
public final class LegacyBack implements BackDialect {
    /** What the gateway's own session declares: some servers offer a tool only to clients that can be asked what it asks. */
    static final RawJson LISTED_FOR =
            RawJson.of("{\"roots\":{},\"sampling\":{},\"elicitation\":{\"form\":{},\"url\":{}}," + "\"extensions\":{"
                    + GatewayExchange.SHOWS_INTERFACES + "}}");

    final HttpClient client;
    final UpstreamConfig config;
    final SharedSubscriptions subscriptions = new SharedSubscriptions(this);
    private final UpstreamTransport transport;
    private final Runnable doubt;
    final ServerSessions sessions;
    private final Sinks.Many<String> changes = Sinks.many().multicast().directBestEffort();
    private volatile @Nullable Handshake greeted;
    private volatile boolean sessionless;
    private volatile boolean hasNoStreams;
    private volatile boolean holdsStreamsBack;

    /** {@code doubt} is run when an answer looks as if the server no longer speaks this era or transport. */
    public LegacyBack(UpstreamConfig config, HttpClient client, UpstreamTransport transport, Runnable doubt) {
        this.config = config;
        this.client = client;
        this.transport = transport;
        this.doubt = doubt;
        this.sessions = new ServerSessions(this);
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
        UpstreamSession own = sessions.ownIfMade();
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
        UpstreamSession session = sessions.of(exchange);
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
        SessionPool.Loan loan = sessions.lend(exchange);
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
        UpstreamSession session = exchange.session() == null ? null : sessions.made(exchange);
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
        UpstreamSession session = sessions.of(exchange);
        if (session == null) {
            return tooMany();
        }
        return session.inbox().listen().doOnSubscribe(begun -> {
            if (session.isLost()) {
                sessions.comeBack(session.key(), /* isInTurn= */ false);
            }
        });
    }

    /** True if the server said that the gateway's own session has no stream: its changes are not heard. */
    public boolean announcesNothing() {
        return sessions.own().hasNoStream();
    }

    @Override
    public boolean canWatch() {
        UpstreamSession own = sessions.ownIfMade();
        return own == null || !own.isOpen() || (own.offersSubscriptions() && !own.hasNoStream());
    }

    @Override
    public Mono<Listing> list() {
        return sessions.own().opened().flatMap(session -> read(session, this::callOwn));
    }

    /** The lists in a session for just that, where the gateway keeps none of its own. */
    public Mono<Listing> listBriefly() {
        return Mono.usingWhen(
                Mono.fromSupplier(sessions::brief),
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

    Flux<JsonRpc> callOwn(Exchange exchange) {
        return call(sessions.own(), exchange);
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

    /** Ends the gateway's own session: what the gateway wants to know is told elsewhere. */
    public void leaveOwn() {
        UpstreamSession own = sessions.ownIfMade();
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

    /** Ends all sessions. */
    public Mono<Void> close() {
        return Mono.defer(() -> {
            Mono<Void> ended = sessions.close();
            synchronized (changes) {
                changes.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
            }
            return ended;
        });
    }

    /** True if the server cannot tell clients apart, or need not. */
    boolean isShared() {
        return config.isStateless() || sessionless;
    }
}
