package io.headgate.filter.audit.log;

import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.util.concurrent.Queues;

/** Records on their way to the writer: many producers, one consumer, bounded by number and by bytes. */
final class RecordQueue {
    private static final int COUNT_SHIFT = 40;
    private static final long ONE = 1L << COUNT_SHIFT;
    private static final long BYTES = ONE - 1;
    private static final long MOST_BYTES = 64L * 1024 * 1024;

    private final Queue<Waiting> queue =
            Queues.<Waiting>unboundedMultiproducer().get();
    private final AtomicLong taken = new AtomicLong();
    private final int most;

    /** Of those that were polled and have not left yet; the consumer's own. */
    private long polled;

    /** A record and who waits for it. */
    record Waiting(AuditRecord record, Durability durability, Consumer<@Nullable AuditTrouble> whenDurable) {
        /** The same, of which nobody must be told again. */
        Waiting told() {
            return new Waiting(record, Durability.ASYNC, trouble -> {});
        }

        private long weight() {
            return ONE + record.members().length;
        }
    }

    RecordQueue(int most) {
        this.most = most;
    }

    /**
     * Takes a place for a record, which {@link #add} or {@link #release} must follow; false if there is none. Between
     * the two the writer waits for the record, so that what is asked then still holds when it comes.
     */
    boolean reserve(Waiting waiting) {
        long now = taken.addAndGet(waiting.weight());
        if (now >>> COUNT_SHIFT <= most && (now & BYTES) <= MOST_BYTES) {
            return true;
        }
        release(waiting);
        return false;
    }

    void add(Waiting waiting) {
        boolean always = queue.offer(waiting);
        assert always;
    }

    void release(Waiting waiting) {
        taken.addAndGet(-waiting.weight());
    }

    /** The next one, which keeps its place until those that were polled {@link #leave}. */
    @Nullable
    Waiting poll() {
        Waiting waiting = queue.poll();
        if (waiting != null) {
            polled += waiting.weight();
        }
        return waiting;
    }

    /** Frees the places of all that were polled, at once because many threads look at what is taken. */
    void leave() {
        if (polled != 0) {
            taken.addAndGet(-polled);
            polled = 0;
        }
    }

    /** How many wait or are about to. */
    int size() {
        return (int) (taken.get() >>> COUNT_SHIFT);
    }
}
