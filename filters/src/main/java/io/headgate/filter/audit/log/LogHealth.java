package io.headgate.filter.audit.log;

import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** The state of the log, seen by all threads with one volatile read, and the time in which it took no records. */
final class LogHealth {
    private final InstantSource clock;
    private volatile LogState state = LogState.OK;
    private @Nullable Outage begun;

    /** What is over, and not written down yet. */
    private volatile @Nullable Outage over;

    LogHealth(InstantSource clock) {
        this.clock = clock;
    }

    LogState get() {
        return state;
    }

    synchronized void set(LogState next) {
        LogState before = state;
        state = next;
        Outage now = begun;
        if (next == LogState.OK || next == LogState.CLOSED) {
            if (now != null) {
                Outage earlier = over;
                over = (earlier == null ? now : earlier.and(now)).endedNow();
                begun = null;
            }
        } else if (now == null) {
            begun = Outage.begins(next, clock.instant());
        } else if (before != next) {
            begun = now.as(next);
        }
    }

    synchronized boolean change(LogState from, LogState to) {
        if (state != from) {
            return false;
        }
        set(to);
        return true;
    }

    /** What is to be written down, or null. */
    @Nullable
    Outage over() {
        return over;
    }

    /** It is written down; what was added meanwhile is not. */
    synchronized void told(Outage outage) {
        if (outage.equals(over)) {
            over = null;
        }
    }
}
