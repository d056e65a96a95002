package io.headgate.filter.audit.log;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * When the writer takes what waits: at once while little comes, else when an event loop has ended its turn.
 *
 * <p>Event loops say what they have appended; only the writer sleeps, and asks whether it is time.
 */
final class WakeUp {
    private volatile @Nullable Thread writer;
    private volatile boolean isParked;

    /** Whether what waits is to be written. */
    private volatile boolean isDue;

    /** Whether commits have had so few records that waiting for more would only take time. */
    private volatile boolean isQuiet = true;

    private volatile boolean isClosing;

    /** Whether the writer slept to the end although there might have been something. */
    private boolean isLate;

    /** The thread that is woken is the one that calls this. */
    void begin() {
        writer = Thread.currentThread();
    }

    /** Something waits, and more may follow before the next flush: it is not waited for while little comes. */
    void appended() {
        if (isParked && isQuiet) {
            flush();
        }
    }

    /** What waits is to be written; costs a system call only while the writer sleeps. */
    void flush() {
        isDue = true;
        if (isParked) {
            LockSupport.unpark(writer);
        }
    }

    void close() {
        isClosing = true;
        LockSupport.unpark(writer);
    }

    boolean isClosing() {
        return isClosing;
    }

    /** True once for each time that there may be something to take. */
    boolean isTime() {
        boolean isNow = isDue || isLate;
        isLate = false;
        isDue = false;
        return isNow;
    }

    /** There is more than the writer could take. */
    void again() {
        isDue = true;
    }

    void quiet(boolean now) {
        isQuiet = now;
    }

    /** Sleeps until it is time, but not longer than that. */
    void park(long nanos) {
        isParked = true;
        if (!isDue && !isClosing && nanos > 0) {
            LockSupport.parkNanos(this, nanos);
            // Nothing waits for ever if a flush was forgotten.
            isLate = !isDue;
        }
        isParked = false;
    }
}
