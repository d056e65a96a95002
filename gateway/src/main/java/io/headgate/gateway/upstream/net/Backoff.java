package io.headgate.gateway.upstream.net;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * How often in a row something was tried in vain, and how long to wait before the next time: a random while whose bound
 * doubles, so that many who lost the same server do not come back together.
 */
public final class Backoff {
    private static final long LEAST_MILLIS = 100;
    private static final long FIRST_MILLIS = 1_000;
    private static final long MOST_MILLIS = 60_000;
    /** What begins and ends again is there, and whoever hears of changes by it should not be late. */
    private static final long MOST_MILLIS_OF_SHORT = 5_000;

    private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MAX_DOUBLINGS = 6;

    private int failures;
    private boolean isBegun;
    private long begunNanos;

    /** It worked, so far. */
    public synchronized void begins() {
        isBegun = true;
        begunNanos = System.nanoTime();
    }

    /** What was learnt while the server was away says nothing of how it will be. */
    synchronized void forget() {
        failures = 0;
        isBegun = false;
    }

    /** How long to wait after it ended or did not begin. */
    long pauseMillis() {
        return pauseMillis(-1);
    }

    /** The same where the server said how long to wait, or -1. */
    public synchronized long pauseMillis(long hint) {
        boolean wasBegun = isBegun;
        if (wasBegun && System.nanoTime() - begunNanos > STEADY_NANOS) {
            failures = 0;
        }
        isBegun = false;
        failures++;
        long asked = Math.min(hint, MOST_MILLIS);
        // A server that closes streams to be polled says how soon it wants to see us, but may not be flooded with it.
        if (asked >= FIRST_MILLIS || (asked >= 0 && failures == 1)) {
            return Math.max(asked, LEAST_MILLIS);
        }
        long most = Math.min(
                wasBegun ? MOST_MILLIS_OF_SHORT : MOST_MILLIS, FIRST_MILLIS << Math.min(failures - 1, MAX_DOUBLINGS));
        return Math.max(asked, ThreadLocalRandom.current().nextLong(LEAST_MILLIS, most + 1));
    }
}
