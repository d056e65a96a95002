package io.headgate.gateway.route.catalog;

import java.util.concurrent.ThreadLocalRandom;

/**
 * When a server's lists are read again; all in milliseconds, and none of it in step with other gateways.
 *
 * <p>Signals of change are answered fast, but a server that signals without end is asked once in five seconds: a bucket
 * of ten tokens, refilled slowly. Only one thread at a time.
 */
final class RefreshTimes {
    private static final long LEAST_INTERVAL = 5_000;
    private static final long USUAL_INTERVAL = 60_000;
    private static final long LONGEST_INTERVAL = 3_600_000;
    private static final long LEAST_RETRY = 1_000;
    private static final long LONGEST_RETRY = 60_000;
    private static final long GATHER = 50;
    private static final long LEAST_SPACING = 100;
    private static final long TOKEN_INTERVAL = 5_000;
    private static final long MOST_TOKENS = 10;
    private static final long ASKING_SPACING = 2_000;

    private long lastStart = Long.MIN_VALUE / 2;
    /** When the bucket was, or will be, empty. */
    private long emptyAt = Long.MIN_VALUE / 2;

    private long lastAsked = Long.MIN_VALUE / 2;

    /** From a good listing to the next one: a little before it is out of date. */
    long afterSuccess(long ttlMillis) {
        long interval =
                ttlMillis <= 0 ? USUAL_INTERVAL : Math.min(Math.max(ttlMillis, LEAST_INTERVAL), LONGEST_INTERVAL);
        return between(interval - interval / 10, interval);
    }

    /** From a failure to the next attempt: full jitter, so that a server that comes up is not met by a crowd. */
    long afterFailure(int failures) {
        long most = Math.min(LONGEST_RETRY, LEAST_RETRY << Math.min(failures, 6));
        return between(LEAST_RETRY, most);
    }

    /** From a signal of change to the refresh that answers it. */
    long afterSignal(long now) {
        long spaced = lastStart + LEAST_SPACING - now;
        long paid = Math.max(emptyAt, now - MOST_TOKENS * TOKEN_INTERVAL) + TOKEN_INTERVAL - now;
        return Math.max(GATHER, Math.max(spaced, paid));
    }

    /** From the wish of a client to know better to the refresh that answers it. */
    long afterAsking(long now) {
        return Math.max(0, Math.max(lastStart + LEAST_SPACING, lastAsked + ASKING_SPACING) - now);
    }

    /** True if it is too early to try again what failed then. */
    boolean isJustAfter(long failure, long now) {
        return now - failure < ASKING_SPACING;
    }

    /** Notes that a refresh begins, and what caused it. */
    void started(long now, boolean bySignal, boolean byAsking) {
        lastStart = now;
        if (byAsking) {
            lastAsked = now;
        }
        if (bySignal) {
            emptyAt = Math.max(emptyAt, now - MOST_TOKENS * TOKEN_INTERVAL) + TOKEN_INTERVAL;
        }
    }

    private static long between(long least, long most) {
        return most <= least ? least : ThreadLocalRandom.current().nextLong(least, most + 1);
    }
}
