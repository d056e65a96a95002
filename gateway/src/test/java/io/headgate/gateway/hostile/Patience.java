package io.headgate.gateway.hostile;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits for something that no socket announces. */
final class Patience {
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private Patience() {}

    /** Something that may come to hold. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws Exception;
    }

    static boolean until(Condition condition, double seconds) throws Exception {
        Wire.Deadline deadline = Wire.Deadline.in(seconds);
        while (!condition.holds()) {
            if (deadline.isOver()) {
                return false;
            }
            LockSupport.parkNanos(TURN_NANOS);
        }
        return true;
    }
}
