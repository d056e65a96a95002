package io.headgate.gateway.http;

/** Whether a body comes as fast as it must: so many bytes in each stretch of time. */
final class BodyWatch {
    private final long stretchNanos;
    private final long least;
    private long since;
    private int then;

    BodyWatch(Door door) {
        stretchNanos = door.bodyNanos;
        least = door.limits.bodyMinRate() * door.bodyNanos / 1_000_000_000L;
    }

    /** A body is expected from now on. */
    void begin(long now) {
        since = now;
        then = 0;
    }

    /** Looks at the length of what has come by now. */
    boolean isTooSlow(int length, long now) {
        if (now - since < stretchNanos) {
            return false;
        }
        if (length - then < least) {
            return true;
        }
        since = now;
        then = length;
        return false;
    }
}
