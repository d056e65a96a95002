package io.headgate.filter.retry;

import java.util.Arrays;
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
    /** One second more: what was sent again at the end of the oldest second is not ten seconds old yet. */
    private final long[] repeats = new long[SECONDS + 1];

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
        advance(now);
        calls[index(calls)]++;
        callsNow++;
    }

    /** Takes one repetition from the budget; false if there is none. */
    synchronized boolean repeat(long now) {
        advance(now);
        if (left() < 1) {
            return false;
        }
        repeats[index(repeats)]++;
        repeatsNow++;
        return true;
    }

    /** How many more may be sent again at this moment. */
    synchronized long left(long now) {
        advance(now);
        return Math.max(0, left());
    }

    private long left() {
        return callsNow * percent / 100 + reserve - repeatsNow;
    }

    /** Goes on to the present second and forgets what is too old. */
    private void advance(long now) {
        long current = Math.floorDiv(now, SLOT_NANOS);
        if (current - slot > SECONDS) {
            Arrays.fill(calls, 0);
            Arrays.fill(repeats, 0);
            callsNow = 0;
            repeatsNow = 0;
            slot = current;
        }
        while (slot < current) {
            slot++;
            int oldestCalls = index(calls);
            callsNow -= calls[oldestCalls];
            calls[oldestCalls] = 0;
            int oldestRepeats = index(repeats);
            repeatsNow -= repeats[oldestRepeats];
            repeats[oldestRepeats] = 0;
        }
    }

    /** Where the present second is counted. */
    private int index(long[] seconds) {
        return (int) Math.floorMod(slot, (long) seconds.length);
    }
}
