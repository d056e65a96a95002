package io.headgate.gateway.http;

import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * Finds clients that do not read.
 *
 * <p>What was held when its clock began, or as much as may be held, must be gone when the stall time is over; else the
 * clock begins again. So a large message has all the time that a living client needs, and a client that reads a byte
 * now and then does not keep it.
 */
final class StallWatch {
    private final RequestHandler handler;
    private long since;
    private boolean running;
    private long heldThen;
    private long takenThen;
    private long reported;
    private @Nullable Hold hold;

    StallWatch(RequestHandler handler) {
        this.handler = handler;
    }

    /** True if the client was cut off. */
    boolean tick(long now) {
        Wire wire = handler.wire();
        long held = report();
        if (held == 0) {
            running = false;
            return false;
        }
        long taken = wire.written() - held;
        if (taken != takenThen) {
            handler.connection().progressed(now);
        }
        long enough = Math.min(heldThen, handler.door().limits.streamBufferBytes());
        if (!running || taken - takenThen >= enough) {
            running = true;
            since = now;
            heldThen = held;
            takenThen = taken;
            return false;
        }
        if (now - since < handler.door().stallNanos) {
            return false;
        }
        handler.cutStream(reason(wire, taken, held));
        return true;
    }

    /** Tells how much is held for the client, and gives it; at each look, and when much is written or taken at once. */
    long report() {
        long held = handler.wire().held();
        if (held != reported) {
            handler.door().meters.heldBytes.addAndGet(held - reported);
            holds(held);
            reported = held;
        }
        return held;
    }

    private void holds(long held) {
        Hold current = hold;
        if (current != null) {
            if (reported == 0) {
                current.of(handler.caller());
            }
            current.set(held);
        } else if (held < MemoryBudget.LEAST) {
            handler.tally(held - reported);
        } else {
            handler.tally(-reported);
            current = handler.door().memory.hold(Held.ANSWER, handler.caller(), null, this::mustGo);
            hold = current;
            current.set(held);
        }
    }

    private void mustGo() {
        handler.execute(() -> {
            if (hold != null) {
                handler.cutStream("memory");
            }
        });
    }

    /** TCP shows that a slow client reads only in steps of its receive buffer, so there a backlog speaks for itself. */
    private String reason(Wire wire, long taken, long held) {
        boolean nothing = taken <= takenThen;
        boolean backlog = held > handler.door().limits.streamBufferBytes();
        boolean silent = nothing && (wire.seesEveryRead() || !backlog);
        return silent || !handler.hasStream() ? "write_stalled" : "slow_consumer";
    }

    void close() {
        handler.door().meters.heldBytes.addAndGet(-reported);
        Hold current = hold;
        if (current == null) {
            handler.tally(-reported);
        }
        reported = 0;
        if (current != null) {
            hold = null;
            current.close();
        }
    }
}
