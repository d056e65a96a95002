package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Client;
import io.headgate.filter.ClientSession;
import io.headgate.filter.Exchange;
import io.headgate.gateway.telemetry.Periodic;
import io.headgate.gateway.upstream.GatewayExchange;
import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.net.Backoff;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * The sessions at one server: makes them, finds the one that an exchange belongs to, puts another one in the place of one
 * that was lost, and ends what nobody uses.
 */
final class ServerSessions {
    private static final int MAX_SESSIONS = 20_000;
    /** Each holds a connection. */
    private static final int MAX_SSE_SESSIONS = 10_000;

    private static final Duration IDLE = Duration.ofMinutes(30);
    private static final Duration SWEEP = Duration.ofMinutes(1);

    private final LegacyBack back;
    private final HttpClient client;
    private final Map<SessionKey, UpstreamSession> sessions = new ConcurrentHashMap<>();
    private final SessionPool pool;
    private final Disposable sweeper;
    private final Set<SessionKey> comingBack = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    ServerSessions(LegacyBack back) {
        this.back = back;
        this.client = back.client;
        this.pool = new SessionPool(this, most());
        Periodic sweep = new Periodic(() -> expire(System.nanoTime()));
        this.sweeper = Flux.interval(SWEEP).subscribe(turn -> sweep.run());
    }

    /** The session in which the gateway itself asks; it has no roots, and other questions are refused. */
    UpstreamSession own() {
        return sessions.computeIfAbsent(
                SessionKey.OWN, key -> session(key, LegacyBack.LISTED_FOR, GatewayExchange.INFO, null));
    }

    @Nullable
    UpstreamSession ownIfMade() {
        return sessions.get(SessionKey.OWN);
    }

    /** A session in which the gateway asks once, where it keeps none of its own. */
    UpstreamSession brief() {
        return session(SessionKey.BRIEF, LegacyBack.LISTED_FOR, GatewayExchange.INFO, null);
    }

    /** A session for one call, or null if there are too many. */
    SessionPool.@Nullable Loan lend(Exchange exchange) {
        return pool.lend(exchange);
    }

    /** The session that a client's exchange belongs to, or null if there are too many. */
    @Nullable
    UpstreamSession of(Exchange exchange) {
        SessionKey key = keyOf(exchange);
        UpstreamSession session = sessions.get(key);
        return session != null ? session : make(key, exchange);
    }

    @Nullable
    UpstreamSession made(Exchange exchange) {
        return sessions.get(keyOf(exchange));
    }

    private SessionKey keyOf(Exchange exchange) {
        ClientSession session = exchange.session();
        return session == null || back.isShared() ? SessionKey.SHARED : SessionKey.of(session);
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

    /** A session that is not in use yet; {@code former} is the one whose place it takes. */
    UpstreamSession session(SessionKey key, RawJson declared, RawJson info, @Nullable UpstreamSession former) {
        return back.transport() == UpstreamTransport.SSE
                ? new SseSession(back, key, declared, info, former)
                : new StreamableSession(back, key, declared, info, former);
    }

    private static RawJson infoOf(Client client) {
        RawJson info = client.info();
        return info == null ? GatewayExchange.INFO : info;
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

    private boolean isFull() {
        return closed || sessions.size() >= most() || client.meters().isBeyondShare();
    }

    private int most() {
        return back.transport() == UpstreamTransport.SSE ? MAX_SSE_SESSIONS : MAX_SESSIONS;
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

    /** No more sessions are made; those that there are end at the server when this is subscribed to. */
    Mono<Void> close() {
        closed = true;
        sweeper.dispose();
        return Flux.defer(() -> Flux.fromIterable(List.copyOf(sessions.values())))
                .flatMap(UpstreamSession::end)
                .then();
    }
}
