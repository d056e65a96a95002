package io.headgate.filter.breaker;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * How the calls of one server ended lately, and whether too many of them failed. No thread waits for another one.
 *
 * <p>Only a failure opens a breaker, and only if the latest calls fail too: a server that answers again has failures in its
 * window for a while, and they must not refuse the calls that it would answer.
 */
final class RecentEnds {
    /*
     * Three questions, because none of them is enough. Of the whole window: do too many calls fail? Of the latest ones: do
     * they still fail? The latest are forgotten when the server answers after it failed a few times in a row, so that they
     * begin with its return. And of those that were waited for: is any call answered at all? A server that hangs ends few
     * calls, so for the first question there would not be enough of them.
     */

    /** More slots forget more exactly; each failure adds all of them up. */
    private static final int SLOTS = 20;

    /** So many of the latest calls must have failed: one that fails among good ones is no reason. */
    private static final int LATEST_FAILURES = 3;

    /** So many calls in a row that were waited for and not answered are enough. */
    private static final int HUNG = 5;

    private final int fewest;
    private final int rate;
    private final long slotNanos;
    private final long origin;
    private final int latestFailures;
    private final long latestMask;
    private final long runMask;
    private final int hungCalls;

    private final AtomicReferenceArray<Slot> slots;
    /** The latest calls as bits, the last one lowest: 1 if it failed. */
    private final AtomicLong latest;

    private final Unanswered answers;

    RecentEnds(BreakerConfig config, long now) {
        this(config, now, emptySlots(), new AtomicLong(), new Unanswered(now));
    }

    private RecentEnds(
            BreakerConfig config,
            long origin,
            AtomicReferenceArray<Slot> slots,
            AtomicLong latest,
            Unanswered answers) {
        fewest = config.minimumCalls();
        rate = config.failureRate();
        slotNanos = slotNanos(config);
        this.origin = origin;
        this.slots = slots;
        this.latest = latest;
        this.answers = answers;
        // With a small minimum fewer failures are enough for the whole window, and then for its latest part too.
        latestFailures = Math.max(1, Math.min(LATEST_FAILURES, fewest * rate / 100));
        latestMask = lowest(Math.min(Long.SIZE, (100 * latestFailures + rate - 1) / rate));
        runMask = lowest(latestFailures);
        hungCalls = Math.min(HUNG, fewest);
    }

    private static long slotNanos(BreakerConfig config) {
        return config.window().toNanos() / SLOTS;
    }

    private static AtomicReferenceArray<Slot> emptySlots() {
        AtomicReferenceArray<Slot> empty = new AtomicReferenceArray<>(SLOTS);
        for (int i = 0; i < SLOTS; i++) {
            empty.set(i, new Slot(i - SLOTS, 0, 0));
        }
        return empty;
    }

    /** The same ends, judged by another configuration. */
    RecentEnds following(BreakerConfig config, long now) {
        boolean isSameWindow = slotNanos(config) == slotNanos;
        return new RecentEnds(config, origin, isSameWindow ? slots : slotsOf(slotNanos(config), now), latest, answers);
    }

    /** What is within the window, in slots of another length. */
    private AtomicReferenceArray<Slot> slotsOf(long nanos, long now) {
        AtomicReferenceArray<Slot> others = emptySlots();
        long present = number(now);
        for (long number = Math.max(0, present - SLOTS + 1); number <= present; number++) {
            Slot slot = slots.get((int) (number % SLOTS));
            if (slot.number == number) {
                long other = number * slotNanos / nanos;
                int place = (int) (other % SLOTS);
                Slot known = others.get(place);
                boolean isOne = known.number == other;
                others.set(
                        place,
                        new Slot(
                                other,
                                slot.ended + (isOne ? known.ended : 0),
                                slot.failed + (isOne ? known.failed : 0)));
            }
        }
        return others;
    }

    /** A call that began then was answered now. */
    void answered(long start, long now) {
        slot(now).end(/* isFailed= */ false);
        answers.answered(start);
        long known = latest.get();
        // Mostly nothing fails, and then there is nothing to write.
        while (known != 0 && !latest.compareAndSet(known, (known & runMask) == runMask ? 0 : known << 1)) {
            known = latest.get();
        }
    }

    /**
     * A call that began then failed now; returns whether that is too much.
     *
     * @param waited whether its client waited for it a while, so that its failure is not just quick
     */
    boolean failed(long start, long now, boolean waited) {
        slot(now).end(/* isFailed= */ true);
        long ends = latest.updateAndGet(known -> known << 1 | 1);
        boolean stillFails = Long.bitCount(ends & latestMask) >= latestFailures;
        boolean hangs = waited && answers.unanswered(start) >= hungCalls;
        return hangs || (stillFails && failsTooOften(now));
    }

    /** How many calls ended within the window. */
    int calls(long now) {
        return sum(now, /* failed= */ false);
    }

    /** How many of them failed. */
    int failures(long now) {
        return sum(now, /* failed= */ true);
    }

    private boolean failsTooOften(long now) {
        int calls = calls(now);
        return calls >= fewest && 100L * failures(now) >= (long) rate * calls;
    }

    private int sum(long now, boolean failed) {
        long present = number(now);
        int sum = 0;
        for (int i = 0; i < SLOTS; i++) {
            Slot slot = slots.get(i);
            if (slot.number > present - SLOTS) {
                sum += failed ? slot.failed : slot.ended;
            }
        }
        return sum;
    }

    /** The slot of this time, made when the first call ends in it. */
    private Slot slot(long now) {
        long number = number(now);
        int place = (int) (number % SLOTS);
        Slot slot = slots.get(place);
        while (slot.number < number) {
            Slot next = new Slot(number, 0, 0);
            if (slots.compareAndSet(place, slot, next)) {
                return next;
            }
            slot = slots.get(place);
        }
        return slot;
    }

    private long number(long now) {
        return Math.max(0, (now - origin) / slotNanos);
    }

    private static long lowest(int bits) {
        return bits >= Long.SIZE ? -1 : (1L << bits) - 1;
    }

    /** The calls that ended in a part of the window. */
    private static final class Slot {
        private static final AtomicIntegerFieldUpdater<Slot> ENDED =
                AtomicIntegerFieldUpdater.newUpdater(Slot.class, "ended");
        private static final AtomicIntegerFieldUpdater<Slot> FAILED =
                AtomicIntegerFieldUpdater.newUpdater(Slot.class, "failed");

        private final long number;
        private volatile int ended;
        private volatile int failed;

        Slot(long number, int ended, int failed) {
            this.number = number;
            this.ended = ended;
            this.failed = failed;
        }

        void end(boolean isFailed) {
            ENDED.incrementAndGet(this);
            if (isFailed) {
                FAILED.incrementAndGet(this);
            }
        }
    }
}
