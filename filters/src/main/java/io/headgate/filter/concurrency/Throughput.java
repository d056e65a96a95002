package io.headgate.filter.concurrency;

import java.util.concurrent.TimeUnit;

/**
 * How many calls end while others wait, which is all that the server gets done; not thread-safe.
 *
 * <p>Counted over stretches in which each permit came back once, because calls that began together end together.
 */
final class Throughput {
    private static final long SHORTEST = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int FEWEST = 10;

    private long since;
    private int ended;
    private long endedAt;

    /** Calls in a nanosecond in the stretch before; 0 if there was none. */
    private double before;

    /** The first call waits. */
    void begin(long now) {
        since = now;
        ended = 0;
        endedAt = now;
        before = 0;
    }

    /** A call ended while others wait. */
    void ended(long now, int permits) {
        ended++;
        endedAt = now;
        long passed = now - since;
        if (passed >= SHORTEST && ended >= Math.max(FEWEST, permits)) {
            before = ended / (double) passed;
            since = now;
            ended = 0;
        }
    }

    /** For how long no call ended. */
    long silence(long now) {
        return now - endedAt;
    }

    /**
     * Calls in a nanosecond.
     *
     * @param otherwise what is taken for it until enough were counted
     */
    double perNano(long now, int permits, double otherwise) {
        double counted = before > 0 ? before : otherwise;
        // When calls take longer than before, fewer have ended by now than should have.
        long passed = Math.max(1, now - since);
        return Math.min(counted, (ended + permits) / (double) passed);
    }
}
