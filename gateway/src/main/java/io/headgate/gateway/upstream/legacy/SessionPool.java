package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Exchange;
import io.headgate.filter.Sender;
import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that calls of clients without a session are made in: each serves one call at a time, so that what the
 * server asks and logs in the middle of it is known to belong to it.
 *
 * <p>A session is only used again for the same sender, who declares the same capabilities; and one sender has no more of
 * them than leave room for others.
 */
final class SessionPool {
    private static final Duration IDLE = Duration.ofMinutes(5);
    /** What one sender leaves behind; beyond it the session that was not used for the longest time ends. */
    static final int MOST_IDLE = 256;
    /** A caller who makes so many calls at a time at one server takes the room of others. */
    private static final int SHARE = 4;

    /** The sessions of one sender; guarded by the map that it is in. */
    private static final class Shelf {
        private final Deque<UpstreamSession> idle = new ArrayDeque<>();
        private int lent;

        /** The one that was used last, so that the others can grow old; null if none declared the same. */
        @Nullable
        UpstreamSession take(RawJson declared) {
            idle.removeIf(session -> !session.isOpen());
            Iterator<UpstreamSession> latest = idle.descendingIterator();
            while (latest.hasNext()) {
                UpstreamSession session = latest.next();
                if (session.declared().equals(declared)) {
                    latest.remove();
                    return session;
                }
            }
            return null;
        }
    }

    private final ServerSessions sessions;
    private final int most;
    private final Map<Sender, Shelf> shelves = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();

    /** @param most how many sessions all senders together may have */
    SessionPool(ServerSessions sessions, int most) {
        this.sessions = sessions;
        this.most = most / SHARE;
    }

    /** A session for one call, or null if there are too many. */
    @Nullable
    Loan lend(Exchange exchange) {
        Sender sender = Sender.of(exchange);
        RawJson declared = Declared.of(exchange.client());
        UpstreamSession[] taken = new UpstreamSession[1];
        boolean[] isFull = new boolean[1];
        shelves.compute(sender, (same, present) -> {
            Shelf shelf = present == null ? new Shelf() : present;
            taken[0] = shelf.take(declared);
            isFull[0] = taken[0] == null && shelf.lent >= most;
            shelf.lent += isFull[0] ? 0 : 1;
            return shelf;
        });
        if (isFull[0]) {
            return null;
        }
        UpstreamSession session = taken[0] != null
                ? taken[0]
                : sessions.open(SessionKey.pooled(numbers.incrementAndGet()), declared, exchange);
        if (session == null) {
            giveBack(sender, null);
            return null;
        }
        return new Loan(this, sender, session);
    }

    /** A call is over; its session can serve another one, or is null. */
    private void giveBack(Sender sender, @Nullable UpstreamSession session) {
        List<UpstreamSession> tooMany = new ArrayList<>();
        shelves.computeIfPresent(sender, (same, shelf) -> {
            shelf.lent--;
            if (session != null) {
                session.used();
                shelf.idle.addLast(session);
                if (shelf.idle.size() > MOST_IDLE) {
                    tooMany.add(shelf.idle.removeFirst());
                }
            }
            return shelf.idle.isEmpty() && shelf.lent == 0 ? null : shelf;
        });
        end(tooMany);
    }

    /** Ends the sessions that nobody has used for a while. */
    void expire(long now) {
        List<UpstreamSession> old = new ArrayList<>();
        for (Sender sender : shelves.keySet()) {
            shelves.computeIfPresent(sender, (same, shelf) -> {
                while (!shelf.idle.isEmpty() && shelf.idle.getFirst().isIdle(now, IDLE.toNanos())) {
                    old.add(shelf.idle.removeFirst());
                }
                return shelf.idle.isEmpty() && shelf.lent == 0 ? null : shelf;
            });
        }
        end(old);
    }

    private static void end(List<UpstreamSession> sessions) {
        sessions.forEach(session -> session.end().subscribe(new Unheeded()));
    }

    /** A session in the hands of one call. */
    static final class Loan {
        private final SessionPool pool;
        private final Sender sender;
        private final UpstreamSession session;
        private boolean isTaken;
        private boolean isOver;

        Loan(SessionPool pool, Sender sender, UpstreamSession session) {
            this.pool = pool;
            this.sender = sender;
            this.session = session;
        }

        UpstreamSession session() {
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
        void end(UpstreamSession used, boolean isAnswered) {
            if (isAnswered && used.isOpen()) {
                if (isFirst()) {
                    pool.giveBack(sender, used);
                }
            } else {
                drop(used);
            }
        }

        private void drop(UpstreamSession used) {
            if (isFirst()) {
                pool.giveBack(sender, null);
                used.end().subscribe(new Unheeded());
            }
        }

        /** The call is over, with the last words to be said in its session. */
        void drop(UpstreamSession used, OutgoingRequest lastWords) {
            if (isFirst()) {
                pool.giveBack(sender, null);
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
