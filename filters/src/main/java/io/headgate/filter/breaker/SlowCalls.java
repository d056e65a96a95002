package io.headgate.filter.breaker;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How many of the calls that began lately took too long, whether they have ended or not.
 *
 * <p>Calls are counted by when they began, in slots of time, and judged as soon as all calls of a slot have had the time that
 * a call may take: those that have not ended by then are slow, and what becomes of them later changes nothing.
 */
final class SlowCalls {
    /*
     * Why by their beginning, and why not over the whole window: a server that becomes slow ends few calls, because few more
     * are let in while so many are on their way, and the many quick calls of before would outnumber them for the whole
     * window. So the judgement is of the latest part of the window that is long enough, and goes further back only for as many
     * calls as it takes. Since a slot is judged after all its calls have had their time, slow calls do not weigh more than
     * quick ones, as they would if those in flight were compared with those that ended.
     */

    /** Enough for a whole window and for those that are not judged yet. */
    private static final int SLOTS = 64;

    private static final int SLOTS_OF_WINDOW = 50;
    private static final int SLOTS_OF_SLOW = 10;
    private static final int PARTS_OF_WINDOW = 5;

    private final long slow;
    private final long window;
    private final int rate;
    private final int fewest;

    private final AtomicIntegerArray begun = new AtomicIntegerArray(SLOTS);
    private final AtomicIntegerArray quick = new AtomicIntegerArray(SLOTS);
    /** When the time of each slot was over; written by whoever turns, before {@link #present}. */
    private final long[] ends = new long[SLOTS];

    private volatile int present;
    private long busyUntil;

    /** @param fewest how many calls it takes to judge */
    SlowCalls(BreakerConfig config, Duration slow, int fewest, long now) {
        this.slow = slow.toNanos();
        // Of less than one call's time nothing can be said.
        this.window = Math.max(config.window().toNanos(), this.slow);
        this.rate = config.slowRate();
        this.fewest = fewest;
        this.busyUntil = now;
        Arrays.fill(ends, now - window - this.slow);
    }

    /** How long a slot is. */
    long slotNanos() {
        return Math.max(window / SLOTS_OF_WINDOW, Math.max(1, slow / SLOTS_OF_SLOW));
    }

    /** A call begins; returns where it is counted. */
    int begin() {
        int slot = index(present);
        begun.incrementAndGet(slot);
        return slot;
    }

    /** A call has ended after so long, in a way that says how quick the server is. */
    void end(int slot, long nanos) {
        // The slot of one that took longer has been judged, or will be, and its place may be another one's by now.
        if (nanos <= slow) {
            quick.incrementAndGet(slot);
        }
    }

    /** A call after so long says nothing any more of how quick the server is. */
    void forget(int slot, long nanos) {
        if (nanos <= slow) {
            begun.decrementAndGet(slot);
        }
    }

    /** Ends the present slot, and says whether too many of the latest calls are slow; by one thread at a time. */
    boolean turn(long now) {
        int turned = present;
        int next = index(turned + 1);
        ends[index(turned)] = now;
        if (begun.get(index(turned)) > 0) {
            busyUntil = now + slow + window;
        }
        begun.set(next, 0);
        quick.set(next, 0);
        present = turned + 1;
        return isSlow(now);
    }

    /** True if nothing began for so long that there is nothing to be judged; for the thread that turns. */
    boolean isQuiet(long now) {
        return now - busyUntil >= 0 && begun.get(index(present)) <= 0;
    }

    /** How many of those that began within the window, as far as they are judged. */
    int count(long now) {
        int count = 0;
        int latest = present - 1;
        for (int i = 0; i < SLOTS - 1; i++) {
            long age = now - slow - ends[index(latest - i)];
            if (age >= 0 && age < window) {
                count += slowOf(index(latest - i));
            }
        }
        return count;
    }

    private boolean isSlow(long now) {
        int calls = 0;
        int slowOnes = 0;
        int latest = present - 1;
        for (int i = 0; i < SLOTS - 1; i++) {
            int slot = index(latest - i);
            long age = now - slow - ends[slot];
            if (age >= window || (age >= window / PARTS_OF_WINDOW && calls >= fewest)) {
                break;
            }
            if (age >= 0) {
                calls += Math.max(0, begun.get(slot));
                slowOnes += slowOf(slot);
            }
        }
        return calls >= fewest && 100L * slowOnes >= (long) rate * calls;
    }

    private int slowOf(int slot) {
        return Math.max(0, begun.get(slot) - quick.get(slot));
    }

    private static int index(int slot) {
        return slot & (SLOTS - 1);
    }
}
