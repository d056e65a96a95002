package io.headgate.filter.retry;

import java.util.concurrent.TimeUnit;

/**
 * How much may be sent again to one server: a share of the calls of the last ten seconds, and a few more.
 *
 * <p>Within any ten seconds not more than that is sent again, whatever the calls do. Time is told by whoever asks.
 */
final class RetryBudget {
    static final int SECONDS = 10;
    private static final long SLOT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final int percent;
    private final long reserve;
    private final long[] calls = new long[SECONDS];
    private final long[] repeats = new long[SECONDS];
    private long slot;
    private long callsNow;
    private long repeatsNow;

    RetryBudget(RetryConfig.Budget config, long now) {
        this.percent = config.percent();
        this.reserve = (long) config.perSecond() * SECONDS;
        this.slot = Math.floorDiv(now, SLOT_NANOS);
    }

    /** A call is sent for the first time. */
    synchronized void call(long now) {
        calls[index(now)]++;
        callsNow++;
    }

    /** Takes one repetition from the budget; false if there is none. */
    synchronized boolean repeat(long now) {
        int index = index(now);
        if (left() < 1) {
            return false;
        }
        repeats[index]++;
        repeatsNow++;
        return true;
    }

    /** How many more may be sent again at this moment. */
    synchronized long left(long now) {
        int unused = index(now);
        return left();
    }

    private long left() {
        return callsNow * percent / 100 + reserve - repeatsNow;
    }

    /** Where the present second is counted; what is older than ten is forgotten. */
    private int index(long now) {
        long current = Math.floorDiv(now, SLOT_NANOS);
        if (current - slot >= SECONDS) {
            forgetAll();
            slot = current;
        }
        while (slot < current) {
            slot++;
            int oldest = (int) Math.floorMod(slot, (long) SECONDS);
            callsNow -= calls[oldest];
            repeatsNow -= repeats[oldest];
            calls[oldest] = 0;
            repeats[oldest] = 0;
        }
        return (int) Math.floorMod(slot, (long) SECONDS);
    }

    private void forgetAll() {
        for (int i = 0; i < SECONDS; i++) {
            calls[i] = 0;
            repeats[i] = 0;
        }
        callsNow = 0;
        repeatsNow = 0;
    }
}
