package io.headgate.filter.breaker;

import io.headgate.filter.Sender;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

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
    private volatile int rate;
    private volatile int fewest;

    private final AtomicIntegerArray begun = new AtomicIntegerArray(SLOTS);
    private final AtomicIntegerArray quick = new AtomicIntegerArray(SLOTS);
    /** Whose calls of each slot are not known to be quick. */
    private final AtomicReferenceArray<Map<Sender, Integer>> senders = new AtomicReferenceArray<>(SLOTS);
    /** When the time of each slot was over; written by whoever turns, before {@link #present}. */
    private final long[] ends = new long[SLOTS];

    private volatile int present;
    private long busyUntil;

    /** Counts slow calls, or null where none are meant to be. */
    static @Nullable SlowCalls of(BreakerConfig config, int fewest, long now) {
        Duration slow = config.slow();
        return slow == null ? null : new SlowCalls(config, slow, fewest, now);
    }

    /** @param fewest how many calls it takes to judge */
    SlowCalls(BreakerConfig config, Duration slow, int fewest, long now) {
        this.slow = slow.toNanos();
        // Of less than one call's time nothing can be said.
        this.window = Math.max(config.window().toNanos(), this.slow);
        this.rate = config.slowRate();
        this.fewest = fewest;
        this.busyUntil = now;
        Arrays.fill(ends, now - window - this.slow);
        for (int i = 0; i < SLOTS; i++) {
            senders.set(i, new ConcurrentHashMap<>());
        }
    }

    /** Judges by other numbers from now on; false if they are of calls that are not counted here. */
    boolean follow(BreakerConfig config, int calls) {
        Duration other = config.slow();
        if (other == null || other.toNanos() != slow || Math.max(config.window().toNanos(), slow) != window) {
            return false;
        }
        rate = config.slowRate();
        fewest = calls;
        return true;
    }

    /** How long a slot is. */
    long slotNanos() {
        return Math.max(window / SLOTS_OF_WINDOW, Math.max(1, slow / SLOTS_OF_SLOW));
    }

    /** A call begins; returns where it is counted. */
    int begin(Sender sender) {
        int slot = index(present);
        begun.incrementAndGet(slot);
        senders.get(slot).merge(sender, 1, Integer::sum);
        return slot;
    }

    /** A call has ended after so long, in a way that says how quick the server is. */
    void end(int slot, Sender sender, long nanos) {
        // The slot of one that took longer has been judged, or will be, and its place may be another one's by now.
        if (nanos <= slow) {
            quick.incrementAndGet(slot);
            acquit(slot, sender);
        }
    }

    /** A call after so long says nothing any more of how quick the server is. */
    void forget(int slot, Sender sender, long nanos) {
        if (nanos <= slow) {
            begun.decrementAndGet(slot);
            acquit(slot, sender);
        }
    }

    private void acquit(int slot, Sender sender) {
        senders.get(slot).computeIfPresent(sender, (key, calls) -> calls == 1 ? null : calls - 1);
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
        senders.set(next, new ConcurrentHashMap<>());
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
        Judged judged = judged(now);
        return judged.calls >= fewest && 100L * judged.slow >= (long) rate * judged.calls;
    }

    /** The sender without whose calls the server would look quick enough, or null if there is none. */
    @Nullable
    Sender culprit(long now) {
        Judged judged = judged(now);
        Map<Sender, Integer> counts = new HashMap<>();
        for (int i = 0; i < judged.slots; i++) {
            senders.get(index(judged.latest - i)).forEach((sender, calls) -> counts.merge(sender, calls, Integer::sum));
        }
        return Culprits.culprit(counts, judged.slow, judged.calls, rate);
    }

    /** What is judged now. */
    private Judged judged(long now) {
        int calls = 0;
        int slowOnes = 0;
        int latest = present - 1;
        int slots = 0;
        while (slots < SLOTS - 1) {
            int slot = index(latest - slots);
            long age = now - slow - ends[slot];
            if (age >= window || (age >= window / PARTS_OF_WINDOW && calls >= fewest)) {
                break;
            }
            if (age >= 0) {
                calls += Math.max(0, begun.get(slot));
                slowOnes += slowOf(slot);
            }
            slots++;
        }
        return new Judged(calls, slowOnes, latest, slots);
    }

    private record Judged(int calls, int slow, int latest, int slots) {}

    private int slowOf(int slot) {
        return Math.max(0, begun.get(slot) - quick.get(slot));
    }

    private static int index(int slot) {
        return slot & (SLOTS - 1);
    }
}
