package io.headgate.filter.audit.log;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.OpenCalls;
import io.headgate.filter.audit.log.Ended.Reason;
import io.headgate.filter.audit.log.LogFiles.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The segments, one written after another.
 *
 * <p>It knows three ends of the log: with the records of the batch that is made ({@code made}), with what the operating
 * system has ({@code written}), and with what the disk has ({@code durable}). After a failure the log goes on behind the last
 * one of them that can be believed, in a new file: an fsync that failed may report success the next time although the data
 * is gone, so nothing is ever asked of that file again.
 */
final class SegmentChain {
    private static final byte[] SEGMENT = AuditRecord.ascii(AuditRecord.SEGMENT);
    private static final byte[] SEAL = AuditRecord.ascii(AuditRecord.SEAL);
    private static final int MOST_IDLE_WRITES = 3;

    /** How much space is made at a time: making it takes a disk as long as some ten commits. */
    private static final int RESERVE_BYTES = 256 * 1024;

    private final Path directory;
    private final LogFiles files;
    private final LineWriter lines;
    private final AuditMeters meters;
    private final Tip made = new Tip();
    private final Tip written = new Tip();
    private final Tip durable = new Tip();
    private @Nullable LogFile file;
    private @Nullable Ended ended;
    private @Nullable Path leftover;
    private boolean isForceFailed;
    private volatile long durableSeq;
    private Runnable whenForced = () -> {};
    private long first;
    private long openedAtNanos;
    private long reserved;

    SegmentChain(
            Path directory, LogFiles files, LineWriter lines, AuditMeters meters, Tip start, @Nullable Ended ended) {
        this.directory = directory;
        this.files = files;
        this.lines = lines;
        this.meters = meters;
        this.ended = ended;
        durable.set(start);
        durableSeq = durable.seq;
        first = durable.seq - durable.tree.size() + 1;
        forget();
    }

    /** Runs each time that all that was written is durable. */
    void whenForced(Runnable action) {
        whenForced = action;
    }

    /** Begins a segment with a record that says how the one before ended and where the oldest open call is. */
    void open(OpenCalls calls) throws IOException {
        forget();
        Path path = directory.resolve(AuditFiles.segment(durable.seq + 1));
        if (path.equals(leftover)) {
            // An earlier try of ours; nobody was told that anything in it is written.
            Files.deleteIfExists(path);
        }
        LogFile created = files.create(path);
        leftover = path;
        file = created;
        first = durable.seq + 1;
        made.tree.clear();
        made.length = 0;
        openedAtNanos = System.nanoTime();
        reserved = 0;
        isForceFailed = false;
        String head = "\"segment\":{\"format\":1,\"open\":" + calls.size() + ",\"open_from\":" + calls.oldest(first)
                + (ended == null ? "" : ",\"after\":" + ended.json()) + "}";
        add(SEGMENT, AuditRecord.ascii(head));
        written.tree.clear();
        written.length = 0;
        write();
        force();
        leftover = null;
        files.syncDirectory(directory);
        ended = null;
    }

    boolean isOpen() {
        return file != null;
    }

    /** Whether the last segment ended with its own seal. */
    boolean isSealed() {
        return file == null && ended == null && durable.seq > 0;
    }

    boolean hasRoom() {
        return lines.hasRoom();
    }

    void add(byte[] type, byte[] members) {
        lines.add(type, members, made);
    }

    /** Hands the batch to the operating system. */
    void write() throws IOException {
        LogFile current = current();
        ByteBuffer batch = ByteBuffer.wrap(lines.buffer(), 0, lines.end());
        int idle = 0;
        while (batch.hasRemaining()) {
            idle = current.write(batch) > 0 ? 0 : idle + 1;
            if (idle == MOST_IDLE_WRITES) {
                throw new IOException("the disk takes no more");
            }
        }
        meters.bytes.increment(lines.end());
        lines.clear();
        written.set(made);
    }

    /** Makes durable what was written. */
    void force() throws IOException {
        LogFile current = current();
        // Set first: whatever is thrown, this file is not believed any more.
        isForceFailed = true;
        current.force();
        isForceFailed = false;
        durable.set(written);
        durableSeq = durable.seq;
        whenForced.run();
    }

    /** Makes space ahead of what is written, up to a length, when there is little left. */
    void reserve(long most) throws IOException {
        if (reserved >= most || reserved - written.length >= RESERVE_BYTES) {
            return;
        }
        long wanted = Math.min(most, written.length + 2 * RESERVE_BYTES);
        try {
            current().reserve(wanted);
        } catch (IOException failed) {
            if (!Keeper.isFull(failed)) {
                throw failed;
            }
            // What is written next finds its own place, or does not.
        }
        reserved = wanted;
        force();
    }

    boolean isUnsynced() {
        return durable.seq != written.seq;
    }

    /** Ends the segment with its seal. */
    void seal(String reason) throws IOException {
        String seal = "\"seal\":{\"reason\":\"" + reason + "\",\"count\":" + made.tree.size() + ",\"first\":" + first
                + ",\"last\":" + made.seq + ",\"root\":\"" + made.rootText(lines.digest) + "\"}";
        add(SEAL, AuditRecord.ascii(seal));
        write();
        current().truncate(written.length);
        force();
        current().close();
        file = null;
    }

    /** Leaves the segment after a failure; what was written counts if it can still be made durable. */
    void abandon(boolean isFull) {
        LogFile current = file;
        if (current == null) {
            forget();
            return;
        }
        // Without its first record there is nothing to keep, and what is durable is the end of the segment before.
        if (!isForceFailed && durable.seq >= first) {
            keep(current);
        }
        Reason reason = isForceFailed ? Reason.FSYNC : isFull ? Reason.FULL : Reason.WRITE;
        boolean isCut = quietly(() -> current.truncate(durable.length));
        boolean unused = quietly(current::close);
        file = null;
        if (durable.seq < first) {
            unused = quietly(() -> Files.deleteIfExists(directory.resolve(AuditFiles.segment(first))));
        } else {
            ended = new Ended(
                    AuditFiles.segment(first),
                    reason,
                    first,
                    durable.seq,
                    durable.rootText(lines.digest),
                    durable.length,
                    isCut);
        }
        forget();
    }

    /** A write that failed does not harm what was written before. */
    private void keep(LogFile current) {
        boolean unused = quietly(() -> {
            current.truncate(written.length);
            force();
        });
    }

    /** The end of what is durable. */
    Tip durable() {
        return durable;
    }

    /** The place of the last record that is durable, for any thread; records and files up to it stay as they are. */
    long durableSeq() {
        return durableSeq;
    }

    /** The place of the last record that was written. */
    long written() {
        return written.seq;
    }

    long length() {
        return written.length;
    }

    long openNanos() {
        return System.nanoTime() - openedAtNanos;
    }

    /** Whether there is more in the segment than its first record. */
    boolean hasRecords() {
        return written.seq > first;
    }

    long first() {
        return first;
    }

    private void forget() {
        lines.clear();
        made.set(durable);
        written.set(durable);
    }

    private LogFile current() throws IOException {
        LogFile current = file;
        if (current == null) {
            throw new IOException("no segment is open");
        }
        return current;
    }

    private interface Step {
        void run() throws IOException;
    }

    /** False if it fails: then the file is left as it is, and the next segment says how much of it counts. */
    private static boolean quietly(Step step) {
        try {
            step.run();
            return true;
        } catch (IOException inTrouble) {
            return false;
        }
    }
}
