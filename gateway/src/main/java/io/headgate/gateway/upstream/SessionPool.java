package io.headgate.gateway.upstream;

import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.mcp.Extensions;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that calls of clients without a session are made in: each serves one call at a time, so that what the
 * server asks and logs in the middle of it is known to belong to it.
 *
 * <p>A session is only used again for the same caller, who declares the same capabilities.
 */
final class SessionPool {
    private static final Duration IDLE = Duration.ofMinutes(5);
    private static final List<String> DECLARED = List.of("elicitation", "sampling", "roots");

    private record Key(String caller, RawJson declared) {}

    private final LegacyBack back;
    private final Map<Key, Deque<LegacySession>> idle = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();

    SessionPool(LegacyBack back) {
        this.back = back;
    }

    /** A session for one call, or null if there are too many. */
    @Nullable
    Loan lend(Exchange exchange) {
        Key key = new Key(exchange.caller().key(), declared(exchange.client()));
        LegacySession session = take(key);
        if (session == null) {
            session = back.open(LegacyBack.POOLED + numbers.incrementAndGet(), key.declared, exchange);
        }
        return session == null ? null : new Loan(this, key, session);
    }

    private @Nullable LegacySession take(Key key) {
        LegacySession[] taken = new LegacySession[1];
        idle.computeIfPresent(key, (same, sessions) -> {
            while (taken[0] == null && !sessions.isEmpty()) {
                // The last one, so that the others can grow old.
                LegacySession next = sessions.removeLast();
                taken[0] = next.isOpen() ? next : null;
            }
            return sessions.isEmpty() ? null : sessions;
        });
        return taken[0];
    }

    private void keep(Key key, LegacySession session) {
        session.used();
        idle.compute(key, (same, sessions) -> {
            Deque<LegacySession> kept = sessions == null ? new ArrayDeque<>() : sessions;
            kept.addLast(session);
            return kept;
        });
    }

    /** Ends the sessions that nobody has used for a while. */
    void expire(long now) {
        List<LegacySession> old = new ArrayList<>();
        for (Key key : idle.keySet()) {
            idle.computeIfPresent(key, (same, sessions) -> {
                while (!sessions.isEmpty() && sessions.getFirst().isIdle(now, IDLE.toNanos())) {
                    old.add(sessions.removeFirst());
                }
                return sessions.isEmpty() ? null : sessions;
            });
        }
        old.forEach(session -> session.end().subscribe(new Unheeded()));
    }

    /** What of the client's capabilities means something in this era; no roots unless it has some. */
    private static RawJson declared(Client client) {
        Pieces json = new Pieces(8).add("{");
        String comma = "";
        for (String name : DECLARED) {
            RawJson capability = client.capabilities().get(name);
            if (capability != null && capability.isObject()) {
                json.add(comma + "\"" + name + "\":").add(capability);
                comma = ",";
            }
        }
        RawJson interfaces = Extensions.settings(client.capabilities(), Extensions.UI);
        if (interfaces != null) {
            json.add(comma + "\"extensions\":{\"" + Extensions.UI + "\":")
                    .add(interfaces)
                    .add("}");
            comma = ",";
        }
        return comma.isEmpty() ? RawJson.EMPTY_OBJECT : RawJson.of(json.add("}").toByteArray());
    }

    /** A session in the hands of one call. */
    static final class Loan {
        private final SessionPool pool;
        private final Key key;
        private final LegacySession session;
        private boolean isTaken;
        private boolean isOver;

        Loan(SessionPool pool, Key key, LegacySession session) {
            this.pool = pool;
            this.key = key;
            this.session = session;
        }

        LegacySession session() {
            return session;
        }

        /** The call begins, and gives the session back from now on. */
        synchronized void take() {
            isTaken = true;
        }

        /** Whoever waited for the session may not have got as far as a call. */
        void dropUnlessTaken() {
            boolean taken;
            synchronized (this) {
                taken = isTaken;
            }
            if (!taken) {
                drop(session);
            }
        }

        /**
         * The call is over: the session, or the one that took its place, can serve another one if it was answered. If not,
         * the server may still work on it, and another one must not meet that.
         */
        void end(LegacySession used, boolean isAnswered) {
            if (isAnswered && used.isOpen()) {
                if (isFirst()) {
                    pool.keep(key, used);
                }
            } else {
                drop(used);
            }
        }

        private void drop(LegacySession used) {
            if (isFirst()) {
                used.end().subscribe(new Unheeded());
            }
        }

        /** The call is over, with the last words to be said in its session. */
        void drop(LegacySession used, OutgoingRequest lastWords) {
            if (isFirst()) {
                used.post(lastWords).onErrorComplete().then(used.end()).subscribe(new Unheeded());
            }
        }

        private synchronized boolean isFirst() {
            boolean first = !isOver;
            isOver = true;
            return first;
        }
    }
}
