package io.headgate.filter.audit.log;

import io.headgate.filter.audit.format.OpenCalls;
import io.headgate.filter.audit.log.RecordQueue.Waiting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes: takes what waits, writes it at once, asks the disk once, and tells all who wait. While it asks,
 * the next batch gathers, so a batch is as large as the disk is slow. Nobody waits for company but for that of the same turn of
 * an event loop, and not while little comes.
 *
 * <p>Records that were acknowledged before they were durable are kept until they are, and written again in the next segment
 * if an fsync fails. A call whose outcome could not be taken gets the outcome {@code unknown} as soon as the disk is well.
 */
final class LogWriter implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LogWriter.class);
    private static final long BALANCED_NANOS = TimeUnit.MILLISECONDS.toNanos(40);
    private static final long ASYNC_NANOS = TimeUnit.MILLISECONDS.toNanos(900);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long OUTAGES_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long LEAST_FREE_BYTES = 256 * 1024;
    private static final int MOST_UNSYNCED = 8192;
    private static final int FEW = 2;

    /** What surely is one write. */
    private static final int MOST_UNKNOWN = 500;

    private final Path directory;
    private final LogFiles files;
    private final RecordQueue queue;
    private final LogHealth health;
    private final AuditMeters meters;
    private final SegmentChain chain;
    private final Keeper keeper;
    private final OpenCalls calls;
    private final String boot;

    /** Calls whose outcome was refused; each was open, so there are no more than calls. */
    private final Queue<String> lostOutcomes = new ConcurrentLinkedQueue<>();

    /** Taken and neither acknowledged nor refused, except for asynchronous ones. */
    private final List<Waiting> batch = new ArrayList<>();

    /** Acknowledged and not yet durable, oldest first. */
    private final Deque<Waiting> unsynced = new ArrayDeque<>();

    private final Deque<Waiting> again = new ArrayDeque<>();
    private long batchFrom;
    private long syncAtNanos = Long.MAX_VALUE;
    private long retryAtNanos;
    private long toldAtNanos = System.nanoTime() - OUTAGES_NANOS;
    private final WakeUp wakeUp = new WakeUp();

    LogWriter(
            Path directory,
            LogFiles files,
            RecordQueue queue,
            LogHealth health,
            AuditMeters meters,
            SegmentChain chain,
            Keeper keeper,
            OpenCalls calls,
            String boot) {
        this.directory = directory;
        this.files = files;
        this.queue = queue;
        this.health = health;
        this.meters = meters;
        this.chain = chain;
        this.keeper = keeper;
        this.calls = calls;
        this.boot = boot;
        chain.whenForced(this::settle);
    }

    WakeUp wakeUp() {
        return wakeUp;
    }

    /** Keeps the log by other settings from the next look on. */
    void follow(AuditLogConfig config) {
        keeper.follow(config);
    }

    /** The place of the last record that is durable. */
    long durable() {
        return chain.durableSeq();
    }

    @Override
    public void run() {
        wakeUp.begin();
        try {
            while (!turn()) {
                // Each turn is one batch.
            }
        } catch (RuntimeException | Error unforeseen) {
            LOG.error("The audit log stopped", unforeseen);
        } finally {
            health.set(LogState.CLOSED);
            refuse(batch, AuditTrouble.CLOSED);
            refuseWaiting(AuditTrouble.CLOSED);
            keeper.close();
        }
    }

    /** Writes one batch, or what else is due; true when all is done. */
    private boolean turn() {
        boolean isLast = wakeUp.isClosing();
        if (isLast && health.get() != LogState.FULL && health.get() != LogState.FAILED) {
            health.set(LogState.CLOSED);
        }
        if (!chain.isOpen() && !reopen(isLast)) {
            if (!isLast) {
                wakeUp.park(retryAtNanos - System.nanoTime());
            }
            return isLast;
        }
        try {
            if (wakeUp.isTime() || isLast) {
                take();
                queue.leave();
                if (!chain.hasRoom()) {
                    wakeUp.again();
                }
            }
            boolean isIdle = !commit();
            keep();
            if (isIdle && isLast && queue.size() == 0) {
                finish();
                return true;
            }
            if (isIdle && !isLast) {
                wakeUp.park(Math.min(IDLE_NANOS, syncAtNanos - System.nanoTime()));
            }
        } catch (IOException failed) {
            trouble(failed);
        }
        return false;
    }

    private void take() {
        batchFrom = chain.written() + 1;
        while (chain.hasRoom()) {
            Waiting waiting = again.isEmpty() ? queue.poll() : again.poll();
            if (waiting == null) {
                return;
            }
            AuditRecord record = waiting.record();
            chain.add(AuditRecord.ascii(record.type()), record.members());
            if (waiting.durability() == Durability.ASYNC) {
                tell(waiting, null);
            }
            batch.add(waiting);
        }
    }

    /** False if there was nothing to do. */
    private boolean commit() throws IOException {
        boolean isSyncDue = syncAtNanos - System.nanoTime() <= 0;
        boolean isForced = (isSyncDue && chain.isUnsynced()) || unsynced.size() > MOST_UNSYNCED;
        if (batch.isEmpty() && !isForced) {
            return false;
        }
        chain.write();
        wakeUp.quiet(batch.size() <= FEW);
        int strict = 0;
        for (int i = 0; i < batch.size(); i++) {
            Waiting waiting = batch.get(i);
            if (waiting.durability() == Durability.STRICT) {
                batch.set(strict++, waiting);
            } else {
                written(waiting);
            }
        }
        batch.subList(strict, batch.size()).clear();
        if (strict > 0 || isForced || unsynced.size() > MOST_UNSYNCED) {
            chain.force();
            for (Waiting waiting : batch) {
                done(waiting);
                tell(waiting, null);
            }
            batch.clear();
        }
        return true;
    }

    private void written(Waiting waiting) {
        boolean isBalanced = waiting.durability() == Durability.BALANCED;
        syncAtNanos = Math.min(syncAtNanos, System.nanoTime() + (isBalanced ? BALANCED_NANOS : ASYNC_NANOS));
        unsynced.add(waiting);
        done(waiting);
        if (isBalanced) {
            tell(waiting, null);
        }
    }

    /** Keeps the account of a record that is in the log now. */
    private void done(Waiting waiting) {
        AuditRecord record = waiting.record();
        meters.written(record.type());
        keeper.counted();
        boolean isIntent = record.type().equals(AuditRecord.INTENT);
        if (isIntent || record.type().equals(AuditRecord.OUTCOME)) {
            String id = record.callId();
            if (id != null && isIntent) {
                // Where its batch begins is near enough to find it again.
                boolean unused = calls.opened(new OpenCalls.Call(id, batchFrom, boot, record.traceId()));
            } else if (id != null) {
                var unused = calls.closed(id);
            }
        }
    }

    /** What is due besides records: outcomes of lost answers, checkpoints, the next segment. */
    private void keep() throws IOException {
        if (!lostOutcomes.isEmpty()) {
            unknownOutcomes();
        }
        Outage outage = health.over();
        if (outage != null) {
            tell(outage);
        }
        keeper.keep(calls);
    }

    /** Not more than once a minute: on a disk that always is slow, the record itself is the next stall. */
    private void tell(Outage outage) throws IOException {
        long now = System.nanoTime();
        if (wakeUp.isClosing() || now - toldAtNanos >= OUTAGES_NANOS) {
            keeper.outage(outage);
            health.told(outage);
            toldAtNanos = now;
        }
    }

    private void unknownOutcomes() throws IOException {
        List<OpenCalls.Call> lost = new ArrayList<>();
        while (lost.size() < MOST_UNKNOWN) {
            String id = lostOutcomes.poll();
            if (id == null) {
                break;
            }
            OpenCalls.Call call = calls.closed(id);
            if (call != null) {
                lost.add(call);
            }
        }
        try {
            writeUnknown(lost, "disk");
        } catch (IOException failed) {
            lost.forEach(call -> lostOutcomes.add(call.id()));
            throw failed;
        }
    }

    /** All of them or none, so that none gets two outcomes. */
    private void writeUnknown(List<OpenCalls.Call> lost, String reason) throws IOException {
        calls.forget(lost);
        try {
            keeper.unknownOutcomes(lost, reason);
            chain.force();
        } catch (IOException failed) {
            calls.remember(lost);
            throw failed;
        }
    }

    /** What is durable now needs no keeping, and must not be written again whatever fails next. */
    private void settle() {
        unsynced.clear();
        syncAtNanos = Long.MAX_VALUE;
    }

    private void finish() throws IOException {
        List<OpenCalls.Call> open = calls.all();
        for (int i = 0; i < open.size(); i += MOST_UNKNOWN) {
            writeUnknown(open.subList(i, Math.min(open.size(), i + MOST_UNKNOWN)), "closed");
        }
        keeper.seal("closed");
    }

    private void trouble(IOException failed) {
        boolean isFull = Keeper.isFull(failed);
        LogState now = isFull ? LogState.FULL : LogState.FAILED;
        LogState before = health.get();
        health.set(now);
        if (before != now) {
            LOG.error("The audit log refuses calls until the disk is well: {}", String.valueOf(failed.getMessage()));
        }
        chain.abandon(isFull);
        syncAtNanos = Long.MAX_VALUE;
        batch.stream().filter(LogWriter::isTold).forEach(unsynced::add);
        batch.removeIf(LogWriter::isTold);
        for (Waiting waiting = unsynced.pollLast(); waiting != null; waiting = unsynced.pollLast()) {
            again.addFirst(waiting.told());
        }
        refuse(batch, now.trouble);
        batch.clear();
        refuseWaiting(now.trouble);
        retryAtNanos = System.nanoTime() + (isFull ? RETRY_NANOS : 0);
    }

    private static boolean isTold(Waiting waiting) {
        return waiting.durability() == Durability.ASYNC;
    }

    /** Begins a new segment after a failure; false if the disk is not well yet. */
    private boolean reopen(boolean isLast) {
        refuseWaiting(health.get().trouble);
        if (!isLast && retryAtNanos - System.nanoTime() > 0) {
            return false;
        }
        retryAtNanos = System.nanoTime() + RETRY_NANOS;
        try {
            if (files.usableBytes(directory) < LEAST_FREE_BYTES) {
                health.set(LogState.FULL);
                return false;
            }
            keeper.reopen(calls);
            health.set(isLast ? LogState.CLOSED : LogState.OK);
            wakeUp.again();
            LOG.warn("The audit log goes on in a new segment");
            return true;
        } catch (IOException notYet) {
            chain.abandon(Keeper.isFull(notYet));
            health.set(Keeper.isFull(notYet) ? LogState.FULL : LogState.FAILED);
            return false;
        }
    }

    private void refuseWaiting(AuditTrouble trouble) {
        while (queue.size() > 0) {
            Waiting waiting = queue.poll();
            if (waiting == null) {
                Thread.onSpinWait();
            } else {
                queue.leave();
                refuse(List.of(waiting), trouble);
            }
        }
    }

    private void refuse(List<Waiting> records, AuditTrouble trouble) {
        for (Waiting waiting : records) {
            lost(waiting.record());
            meters.refused(trouble);
            tell(waiting, trouble);
        }
    }

    /** An outcome that nobody will bring again. */
    void lost(AuditRecord record) {
        String id = record.type().equals(AuditRecord.OUTCOME) ? record.callId() : null;
        if (id != null) {
            lostOutcomes.add(id);
        }
    }

    private static void tell(Waiting waiting, @Nullable AuditTrouble trouble) {
        try {
            waiting.whenDurable().accept(trouble);
        } catch (RuntimeException theirs) {
            LOG.warn("A caller could not be told that its record is written", theirs);
        }
    }
}
