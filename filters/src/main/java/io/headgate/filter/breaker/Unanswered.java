package io.headgate.filter.breaker;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether a server answers at all: how many calls it left unanswered since it answered one that began no later.
 *
 * <p>The failure of a call that was waited for tells of the time when it began. If the server has answered a call that began
 * later, it is known to be well again, or to leave only some of its calls unanswered.
 */
final class Unanswered {
    private final AtomicInteger unanswered = new AtomicInteger();
    /** When the latest of the answered calls began. */
    private volatile long answered;

    Unanswered(long now) {
        answered = now;
    }

    void answered(long start) {
        // Two threads may write here at a time, and then the older one of two calls that are about as old stays.
        if (start - answered > 0) {
            answered = start;
        }
        if (unanswered.get() != 0) {
            unanswered.set(0);
        }
    }

    /** A call that began then was not answered; returns how many were not, in a row. */
    int unanswered(long start) {
        return isOutdated(start) ? 0 : unanswered.incrementAndGet();
    }

    /** True if a call that began later was answered. */
    boolean isOutdated(long start) {
        return start - answered < 0;
    }
}
