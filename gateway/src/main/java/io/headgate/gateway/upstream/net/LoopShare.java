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

    private long free = MOST_NANOS;
    private long lastNanos;

    LoopShare(long now) {
        lastNanos = now;
    }

    /**
     * So much of the loop's time was spent until now; returns how long nothing more is to be read, mostly 0. One look takes
     * milliseconds: where it took longer, the JVM or the machine held it up, and the server is not to blame.
     */
    long spent(long nanos, long now) {
        free = Math.min(MOST_NANOS, free + (now - lastNanos) / SHARE) - Math.min(nanos, MOST_NANOS);
        lastNanos = now;
        return free >= 0 ? 0 : -free * SHARE;
    }
}
