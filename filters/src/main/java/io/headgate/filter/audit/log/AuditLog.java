package io.headgate.filter.audit.log;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.OpenCalls;
import io.headgate.filter.audit.format.SigningKey;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log: records in a dense, hashed and signed order, durable before anybody is told so.
 *
 * <p>Any thread appends and none waits. One thread writes; it calls back. An {@code outcome} that is refused is not lost: the
 * log writes the outcome {@code unknown} for its call as soon as it can, so it is not to be appended again.
 */
public final class AuditLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
    private static final int MOST_OPEN_CALLS = 262_144;
    private static final Duration LAST_WRITES = Duration.ofSeconds(10);

    private final RecordQueue queue;
    private final LogHealth health;
    private final AuditMeters meters;
    private final LogWriter writer;
    private final AuditLogConfig opened;
    private final DiskWatch watch;
    private final FileChannel lock;
    private final Thread writing;
    private final Thread watching;

    private AuditLog(
            RecordQueue queue,
            LogHealth health,
            AuditMeters meters,
            LogWriter writer,
            AuditLogConfig opened,
            DiskWatch watch,
            FileChannel lock) {
        this.queue = queue;
        this.health = health;
        this.meters = meters;
        this.writer = writer;
        this.opened = opened;
        this.watch = watch;
        this.lock = lock;
        writing = thread("audit-log", writer);
        watching = thread("audit-log-watch", watch);
        writing.start();
        watching.start();
    }

    /**
     * Opens the log of a directory, which is made if there is none, and recovers what the last process left.
     *
     * @throws AuditLogException if it cannot
     */
    public static AuditLog open(Path directory, AuditLogConfig config, MeterRegistry meters, InstantSource clock) {
        return open(directory, config, meters, clock, LogFiles.DISK);
    }

    static AuditLog open(
            Path directory, AuditLogConfig config, MeterRegistry registry, InstantSource clock, LogFiles disk) {
        FileChannel lock = null;
        AuditMeters meters = null;
        try {
            var unused = Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
            lock = lock(directory);
            RecordQueue queue = new RecordQueue(config.queueRecords());
            LogHealth health = new LogHealth(clock);
            meters = new AuditMeters(registry, queue::size, health::get);
            DiskWatch watch = new DiskWatch(disk, config.stall(), health, meters);
            return new AuditLog(
                    queue,
                    health,
                    meters,
                    writer(directory, config, clock, queue, health, meters, watch),
                    config,
                    watch,
                    lock);
        } catch (IOException | RuntimeException failed) {
            if (meters != null) {
                meters.close();
            }
            close(lock);
            throw new AuditLogException("audit log " + directory + ": " + said(failed));
        }
    }

    private static LogWriter writer(
            Path directory,
            AuditLogConfig config,
            InstantSource clock,
            RecordQueue queue,
            LogHealth health,
            AuditMeters meters,
            LogFiles files)
            throws IOException {
        String boot = UUID.randomUUID().toString();
        OpenCalls calls = new OpenCalls(MOST_OPEN_CALLS);
        Recovery.Start start = Recovery.recover(directory, files, calls);
        LineWriter lines = new LineWriter(boot, config.node(), clock);
        SegmentChain chain = new SegmentChain(directory, files, lines, meters, start.tip(), start.ended());
        Checkpoints checkpoints = new Checkpoints(directory, files, SigningKey.in(directory), config.node());
        Retention retention = new Retention(directory, clock);
        Keeper keeper = new Keeper(directory, files, config, chain, lines, checkpoints, retention, meters);
        keeper.reopen(calls);
        if (!start.wasClosed()) {
            List<OpenCalls.Call> lost = calls.all();
            keeper.recovered(start, lost);
            calls.forget(lost);
        }
        return new LogWriter(directory, files, queue, health, meters, chain, keeper, calls, boot);
    }

    /**
     * Gives a record to the log, which writes it after the next {@link #flush} at the latest. Never blocks.
     *
     * @param whenDurable called with null on the writer's thread as soon as the record counts as written, or with what
     *     keeps it out: there, or here and now if the log cannot even take it. Must not block and not throw
     */
    public void append(AuditRecord record, Durability durability, Consumer<@Nullable AuditTrouble> whenDurable) {
        RecordQueue.Waiting waiting = new RecordQueue.Waiting(record, durability, whenDurable);
        if (!queue.reserve(waiting)) {
            refuse(waiting, AuditTrouble.OVERLOADED);
            return;
        }
        LogState now = health.get();
        if (now == LogState.OK || now == LogState.STALLED) {
            queue.add(waiting);
            writer.wakeUp().appended();
        } else {
            queue.release(waiting);
            refuse(waiting, now.trouble);
        }
    }

    /**
     * Lets all be written that was appended. Whoever has several records gives them all before: one commit costs the same
     * for one record as for many.
     */
    public void flush() {
        writer.wakeUp().flush();
    }

    /** Whether calls may begin: false while the disk is full, fails or stands still, and after the end. */
    public boolean accepts() {
        return health.get() == LogState.OK;
    }

    /** The place of the last record that is durable; what a reader finds behind it may never have been. */
    public long durable() {
        return writer.durable();
    }

    /**
     * Is kept by other settings, from the writer's next look on: segments, checkpoints and what is kept of them.
     *
     * @return the names of those that differ and take effect only when the log is opened again
     */
    public List<String> follow(AuditLogConfig config) {
        writer.follow(config);
        List<String> waiting = new ArrayList<>();
        if (!config.node().equals(opened.node())) {
            waiting.add("node");
        }
        if (config.queueRecords() != opened.queueRecords()) {
            waiting.add("queueRecords");
        }
        if (!config.stall().equals(opened.stall())) {
            waiting.add("stall");
        }
        return waiting;
    }

    /** Writes all that waits and seals the log; what comes later is refused. */
    @Override
    public void close() {
        writer.wakeUp().close();
        try {
            writing.join(LAST_WRITES.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (writing.isAlive()) {
            LOG.error("The audit log could not be closed: the disk does not answer");
        }
        watch.end(watching);
        meters.close();
        close(lock);
    }

    private void refuse(RecordQueue.Waiting waiting, AuditTrouble trouble) {
        writer.lost(waiting.record());
        meters.refused(trouble);
        waiting.whenDurable().accept(trouble);
    }

    private static FileChannel lock(Path directory) throws IOException {
        FileChannel channel = FileChannel.open(
                directory.resolve(AuditFiles.LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException mine) {
            // Said below.
        }
        channel.close();
        throw new IOException("in use by another gateway (expected: one gateway for each directory)");
    }

    private static void close(@Nullable FileChannel lock) {
        try {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException closed) {
            // The process gives it back at the latest.
        }
    }

    private static Thread thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** The file system's exceptions often are no more than the name of a file. */
    private static String said(Exception failed) {
        String text = String.valueOf(failed.getMessage()).replaceAll("\\s+", " ");
        boolean isOnlyAName = failed instanceof java.nio.file.FileSystemException only && only.getReason() == null;
        return isOnlyAName ? text + ": " + failed.getClass().getSimpleName() : text;
    }
}
