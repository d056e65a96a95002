package io.headgate.gateway.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.Sender;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.seal.Unguessable;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SignalType;

/**
 * All sessions of legacy clients, and the rule that a session serves nobody but the caller who opened it.
 *
 * <p>The rule is a handler at the end of the chain, because the chain is what identifies the caller. There, too, the
 * number of sessions and subscriptions of one caller is held to its limit.
 */
public final class Sessions {
    /** What a dialect sends through the chain to learn whether this caller may use the session; it goes no further. */
    public static final String CHECK = "headgate/session";

    private static final int DEFAULT_PER_CALLER = 100;
    private static final int DEFAULT_SUBSCRIPTIONS_PER_CALLER = 20;

    private volatile SessionConfig config;
    private final MemoryBudget memory;
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();
    private final SessionTable table = new SessionTable();
    private final PerCaller perCaller;
    private final PerCaller subscriptions;
    private final AtomicInteger subscriptionCount = new AtomicInteger();
    private final Counter tooManySessions;
    private final Counter tooManySubscriptions;
    private final Counter displaced;
    private final Cache<String, Boolean> ended = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(Duration.ofHours(1))
            .build();

    public Sessions(SessionConfig config, MeterRegistry meters) {
        this(config, meters, MemoryBudget.unlimited(meters));
    }

    public Sessions(SessionConfig config, MeterRegistry meters, MemoryBudget memory) {
        this.config = config;
        this.memory = memory;
        this.perCaller = new PerCaller(config.perCaller(), DEFAULT_PER_CALLER);
        this.subscriptions = new PerCaller(config.subscriptionsPerCaller(), DEFAULT_SUBSCRIPTIONS_PER_CALLER);
        tooManySessions = meters.counter(MeterNames.MCP_REJECTED, "reason", "sessions_per_principal");
        tooManySubscriptions = meters.counter(MeterNames.MCP_REJECTED, "reason", "subscriptions");
        displaced = meters.counter(MeterNames.SESSIONS_DISPLACED);
        // Seeds the generator here, where waiting is allowed.
        var unused = Unguessable.bytes(1);
        Gauge.builder(MeterNames.SESSIONS, sessions, Map::size).register(meters);
        Gauge.builder(
                        MeterNames.QUESTIONS,
                        sessions,
                        all -> all.values().stream()
                                .mapToInt(Session::questions)
                                .sum())
                .register(meters);
    }

    /** Sessions that are opened from now on live by this; so do all limits of their number. */
    public void settings(SessionConfig changed) {
        config = changed;
        perCaller.limit(changed.perCaller());
        subscriptions.limit(changed.subscriptionsPerCaller());
    }

    /** A session that nobody can find until it is opened. */
    public Session draft(String server, Client client, boolean resumable) {
        return new Session(token(16), token(6), server, client, config, resumable, memory);
    }

    /** Makes a drafted session findable, once its caller is known; false if there are too many. */
    public boolean open(Session session) {
        Caller owner = session.owner();
        Caller caller = owner == null ? Caller.ANONYMOUS : owner;
        if (memory.isBeyondShare(caller.key()) || !hasRoom(session.sender())) {
            return false;
        }
        session.hold(caller);
        sessions.put(session.id(), session);
        table.add(session, session.sender());
        return true;
    }

    private boolean hasRoom(Sender sender) {
        if (sessions.size() < config.max()) {
            return true;
        }
        Session expendable = table.expendable(sender);
        if (expendable == null) {
            return false;
        }
        displaced.increment();
        end(expendable);
        return true;
    }

    /** The session with this id, or null; finding it keeps it alive. */
    public @Nullable Session find(String id) {
        Session session = sessions.get(id);
        if (session == null) {
            return null;
        }
        if (session.isExpired(System.nanoTime())) {
            end(session);
            return null;
        }
        if (session.use()) {
            table.used(session);
        }
        return session;
    }

    /** True if a session with this id existed not long ago. */
    public boolean wasEnded(String id) {
        return ended.getIfPresent(id) != null;
    }

    public boolean isEmpty() {
        return sessions.isEmpty();
    }

    public int count() {
        return sessions.size();
    }

    public int subscriptionCount() {
        return subscriptionCount.get();
    }

    public void end(Session session) {
        if (sessions.remove(session.id(), session)) {
            table.remove(session);
            ended.put(session.id(), Boolean.TRUE);
        }
        release(session);
        session.end();
    }

    /** Ends what is expired; called every few seconds. */
    public void sweep() {
        long now = System.nanoTime();
        for (Session session : sessions.values()) {
            if (session.isExpired(now)) {
                end(session);
            } else {
                session.sweep(now);
            }
        }
    }

    /**
     * Ends the streams of which nothing more can be expected while the gateway stops; called again and again, because
     * over HTTP+SSE the stream brings the answers too, and ends only after the last one.
     */
    public void drain() {
        for (Session session : sessions.values()) {
            if (session.drain()) {
                end(session);
            }
        }
    }

    /** Ends all sessions. */
    public void close() {
        sessions.values().forEach(this::end);
    }

    /** What stands at the end of the chain: the exchange goes on only if its caller owns its session. */
    public Handler guard(Handler next) {
        return exchange -> {
            Session session = (Session) exchange.session();
            if (session != null) {
                Refusal refusal = admit(session, exchange);
                if (refusal != null) {
                    return Flux.error(refusal);
                }
                return exchange.method().equals(CHECK) ? Flux.empty() : next.handle(exchange);
            }
            return exchange.method().equals(Methods.LISTEN) ? subscribe(exchange, next) : next.handle(exchange);
        };
    }

    private @Nullable Refusal admit(Session session, Exchange exchange) {
        Caller caller = exchange.caller();
        Caller owner = session.owner();
        if (owner != null) {
            // The same answer as for an unknown session: whether it exists is nobody else's business.
            return owner.equals(caller) ? null : new Refusal(Refusal.Reason.SESSION_NOT_FOUND, "Session not found");
        }
        if (!perCaller.admit(caller)) {
            tooManySessions.increment();
            return new Refusal(Refusal.Reason.RATE_LIMITED, "too many sessions of one caller", Duration.ofSeconds(60));
        }
        session.owner(caller, Sender.of(exchange));
        return null;
    }

    private Flux<JsonRpc> subscribe(Exchange exchange, Handler next) {
        Caller caller = exchange.caller();
        return Flux.defer(() -> {
            if (!subscriptions.admit(caller)) {
                tooManySubscriptions.increment();
                return Flux.error(new Refusal(
                        Refusal.Reason.RATE_LIMITED, "too many subscriptions of one caller", Duration.ofSeconds(60)));
            }
            subscriptionCount.incrementAndGet();
            return next.handle(exchange).doFinally((SignalType end) -> {
                subscriptionCount.decrementAndGet();
                subscriptions.release(caller);
            });
        });
    }

    private void release(Session session) {
        Caller owner = session.owner();
        if (owner != null && session.releaseOnce()) {
            perCaller.release(owner);
        }
    }

    private String token(int bytes) {
        byte[] raw = Unguessable.bytes(bytes);
        // No '-': event ids use it to part their fields.
        return Base64.getUrlEncoder().withoutPadding().encodeToString(raw).replace('-', '.');
    }
}
