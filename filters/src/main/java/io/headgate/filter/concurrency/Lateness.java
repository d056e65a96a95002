package io.headgate.filter.concurrency;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.scheduler.Scheduler;

/**
 * How late the gateway's own event loops are: the part of a latency that is no work and no queue of the server.
 *
 * <p>A task that is due in a moment is late by as much as an answer that comes in a moment would be read late: because the
 * loop works on other events, collects garbage, or has no CPU on a machine with other work. One such task at a time, and
 * only while calls end.
 */
final class Lateness {
    private static final long EVERY = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long AHEAD = TimeUnit.MILLISECONDS.toNanos(1);

    /** What is older by this counts for little. */
    private static final double MEMORY = 100e6;

    /** A call waits for its loop before it is sent, and when its answer has come. */
    private static final int BOTH_WAYS = 2;

    private final Scheduler timer;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile long lookedAt;
    private volatile double late;

    Lateness(Scheduler timer) {
        this.timer = timer;
        lookedAt = timer.now(TimeUnit.NANOSECONDS) - EVERY;
    }

    /** How long calls lately waited for the gateway itself, in nanoseconds. */
    long ofCalls(long now) {
        long passed = now - lookedAt;
        if (passed >= EVERY && !looking.get() && looking.compareAndSet(false, true)) {
            look(now, passed);
        }
        return (long) (BOTH_WAYS * late);
    }

    private void look(long now, long passed) {
        lookedAt = now;
        Scheduler.Worker loop = timer.createWorker();
        try {
            var unused = loop.schedule(() -> looked(now + AHEAD, passed), AHEAD, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException stopping) {
            // No call will ask any more.
        }
    }

    private void looked(long due, long passed) {
        long found = Math.max(0, timer.now(TimeUnit.NANOSECONDS) - due);
        double before = late;
        late = before + Math.min(1, passed / MEMORY) * (found - before);
        looking.set(false);
    }
}
