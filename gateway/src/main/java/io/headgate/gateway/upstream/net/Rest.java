package io.headgate.gateway.upstream.net;

/** The time in which a call waits for somebody who was asked in the middle of it; it belongs to the call's event loop. */
final class Rest {
    private int questions;
    private long since;
    private long nanos;

    /** True if it begins with this question. */
    boolean asked() {
        if (questions++ > 0) {
            return false;
        }
        since = System.nanoTime();
        return true;
    }

    /** True if it ends with this answer. */
    boolean answered() {
        if (--questions > 0) {
            return false;
        }
        nanos += System.nanoTime() - since;
        return true;
    }

    boolean isGoingOn() {
        return questions > 0;
    }

    long nanos(long now) {
        return isGoingOn() ? nanos + now - since : nanos;
    }
}
