package io.headgate.filter.audit;

import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import reactor.util.concurrent.Queues;

/**
 * What lies between the thread of the calls and the log's writer: all records of one turn go there together, and all that is
 * durable comes back in one turn, because a commit costs the same for one record as for many.
 *
 * <p>Holds no more than the log, which is bounded.
 */
final class Landing implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Landing.class);

    private final Queue<Runnable> ready =
            Queues.<Runnable>unboundedMultiproducer().get();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Scheduler.Worker thread;
    private final AuditSink log;

    /** Whether the log is told at the end of this turn. */
    private volatile boolean departs;

    Landing(Scheduler timer, AuditSink log) {
        thread = timer.createWorker();
        this.log = log;
    }

    /** Something was appended, and more may follow in this turn. */
    void depart() {
        if (!departs) {
            departs = true;
            try {
                var unused = thread.schedule(this::flush);
            } catch (RejectedExecutionException stopped) {
                flush();
            }
        }
    }

    private void flush() {
        if (departs) {
            departs = false;
            log.flush();
        }
    }

    /** Runs something on the thread of the calls, from any thread. */
    void land(Runnable call) {
        ready.offer(call);
        if (waiting.getAndIncrement() == 0) {
            try {
                var unused = thread.schedule(this);
            } catch (RejectedExecutionException stopped) {
                // The loop has ended, and with it every call on it.
                ready.clear();
            }
        }
    }

    @Override
    public void run() {
        // The disk works while the calls go on.
        flush();
        int batch = waiting.get();
        do {
            for (int done = 0; done < batch; ) {
                Runnable call = ready.poll();
                if (call == null) {
                    // Counted but not linked yet: a moment later it is.
                    Thread.onSpinWait();
                } else {
                    done++;
                    bring(call);
                }
            }
            batch = waiting.addAndGet(-batch);
        } while (batch > 0);
    }

    /** One call's defect must not hold up the others. */
    private static void bring(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException defect) {
            LOG.error("A call could not go on after its record was written", defect);
        }
    }
}
