package io.headgate.gateway.upstream.net;

import java.util.concurrent.TimeUnit;

/**
 * How much of an event loop's time a server may take with what no call waits for: a tenth, after a short while for free.
 *
 * <p>A server that sends changes of its lists without end would slow down the calls to all others; a stream of it that has
 * taken too much is not read for a while, and the server has to wait.
 */
final class LoopShare {
    private static final int SHARE = 10;
    private static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    /** The largest message takes 60 ms, and 220 ms in a JVM that has just begun. */
    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private long free = MOST_NANOS;
    private long lastNanos;

    LoopShare(long now) {
        lastNanos = now;
    }

    /**
     * So much of the loop's time was spent until now; returns how long nothing more is to be read, mostly 0. Where it is more
     * than any message takes, the JVM or the machine stood still, and the server is not to blame for all of it.
     */
    long spent(long nanos, long now) {
        free = Math.min(MOST_NANOS, free + (now - lastNanos) / SHARE) - Math.min(nanos, LONGEST_NANOS);
        lastNanos = now;
        return free >= 0 ? 0 : -free * SHARE;
    }
}
