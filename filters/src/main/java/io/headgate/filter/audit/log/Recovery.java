package io.headgate.filter.audit.log;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.ChainCheck;
import io.headgate.filter.audit.format.Hex;
import io.headgate.filter.audit.format.LineReader;
import io.headgate.filter.audit.format.OpenCalls;
import io.headgate.filter.audit.format.RecordHash;
import io.headgate.filter.audit.format.RecordLine;
import io.headgate.filter.audit.format.TornTail;
import io.headgate.filter.audit.log.Ended.Reason;
import io.headgate.filter.audit.log.LogFiles.LogFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads the end of the log as the last process left it, cuts a torn tail, and finds the calls without outcome. */
final class Recovery {
    static final byte[] INTENT = AuditRecord.ascii(AuditRecord.INTENT);
    static final byte[] OUTCOME = AuditRecord.ascii(AuditRecord.OUTCOME);

    private static final byte[] SEAL = AuditRecord.ascii(AuditRecord.SEAL);

    private final Path directory;
    private final LogFiles files;
    private final ChainCheck chain = new ChainCheck(0, new byte[RecordHash.BYTES]);
    private final OpenCalls calls;
    private String boot = "";
    private @Nullable String seal;
    private long cutBytes;

    /**
     * What was found.
     *
     * @param ended how the last segment ended, or null if by its own seal
     * @param wasClosed whether there is nothing to recover
     * @param boot the last process
     */
    record Start(Tip tip, @Nullable Ended ended, boolean wasClosed, String boot, long cutBytes) {}

    private Recovery(Path directory, LogFiles files, OpenCalls calls) {
        this.directory = directory;
        this.files = files;
        this.calls = calls;
    }

    /** Puts the calls without outcome into the given place. */
    static Start recover(Path directory, LogFiles files, OpenCalls calls) throws IOException {
        return new Recovery(directory, files, calls).recover();
    }

    private Start recover() throws IOException {
        List<Path> segments = AuditFiles.segments(directory);
        int last = segments.size() - 1;
        while (last >= 0 && isBeginningOnly(segments.get(last))) {
            cutBytes += endOf(segments.get(last));
            Files.delete(segments.get(last--));
        }
        if (last < 0) {
            return new Start(new Tip(), null, cutBytes == 0, boot, cutBytes);
        }
        Path segment = segments.get(last);
        readBefore(segments.subList(0, last), segment);
        long good = readLast(segment);
        if (good == 0) {
            throw new IOException(segment + ": the first record is broken (expected: an untouched audit log;"
                    + " verify it and move the directory away)");
        }
        Ended ended = end(segment, good);
        Tip tip = new Tip();
        tip.set(chain);
        return new Start(tip, ended, ended == null && "closed".equals(seal) && cutBytes == 0, boot, cutBytes);
    }

    /** Whether the process died before the first record of a segment was whole. */
    private static boolean isBeginningOnly(Path segment) throws IOException {
        try (LineReader lines = LineReader.open(segment)) {
            return lines.end() < RecordLine.MOST_BYTES && !(lines.next() && lines.isWhole());
        }
    }

    /** Reads the segments between the oldest call that was open and the last segment. */
    private void readBefore(List<Path> before, Path segment) throws IOException {
        RecordLine head = new RecordLine();
        try (LineReader lines = LineReader.open(segment)) {
            if (!lines.next() || !head.read(lines.bytes(), lines.from(), lines.to())) {
                throw new IOException(segment + ": the first line is no record (expected: an audit log)");
            }
            startAt(head, segment);
        }
        long from = head.number(AuditRecord.SEGMENT, "open_from");
        long end = AuditFiles.first(segment);
        for (int i = 0; i < before.size(); i++) {
            long next = i + 1 < before.size() ? AuditFiles.first(before.get(i + 1)) : end;
            if (from >= 0 && next > from) {
                readCalls(before.get(i), from, next);
            }
        }
    }

    private void startAt(RecordLine head, Path segment) throws IOException {
        try {
            chain.startBehind(AuditFiles.first(segment) - 1, Hex.read(head.previous()));
        } catch (IllegalArgumentException noHash) {
            throw new IOException(segment + ": the first record names no hash", noHash);
        }
    }

    /** What stands there is only searched for calls: whether it is untouched is the verifier's question. */
    private void readCalls(Path segment, long from, long next) throws IOException {
        RecordLine line = new RecordLine();
        try (LineReader lines = LineReader.open(segment)) {
            while (lines.next()) {
                if (line.read(lines.bytes(), lines.from(), lines.to()) && line.seq() >= from && line.seq() < next) {
                    note(line);
                }
            }
        }
    }

    /** Follows the chain to where it ends; returns how many bytes are good. */
    private long readLast(Path segment) throws IOException {
        try (LineReader lines = LineReader.open(segment)) {
            while (lines.next()) {
                long good = lines.offset();
                if (seal != null || !lines.isWhole() || chain.next(lines.bytes(), lines.from(), lines.to()) != null) {
                    return good;
                }
                note(chain.line());
                if (chain.line().isOfType(SEAL)) {
                    seal = Objects.requireNonNullElse(chain.line().text(AuditRecord.SEAL, "reason"), "");
                }
            }
            return lines.nextOffset();
        }
    }

    private void note(RecordLine line) {
        if (line.isOfType(INTENT)) {
            String id = line.text(AuditRecord.CALL_ID);
            if (id != null) {
                boolean unused = calls.opened(new OpenCalls.Call(id, line.seq(), line.boot(), line.text("trace_id")));
            }
        } else if (line.isOfType(OUTCOME)) {
            String id = line.text(AuditRecord.CALL_ID);
            if (id != null) {
                var unused = calls.closed(id);
            }
        }
        if (!line.isOfBoot(AuditRecord.ascii(boot))) {
            boot = line.boot();
        }
    }

    /** Leaves the last segment as it is to stay; how it ended, or null if by its own seal. */
    private @Nullable Ended end(Path segment, long good) throws IOException {
        long end = endOf(segment);
        boolean isTorn = good == end || (seal == null && TornTail.isAt(segment, good));
        if (seal != null && end == Files.size(segment) && isTorn) {
            return null;
        }
        // What a dead process wrote may be in the memory of the machine only.
        try (LogFile file = files.open(segment)) {
            if (isTorn) {
                file.truncate(good);
                cutBytes += end - good;
            }
            file.force();
        }
        if (seal != null && isTorn) {
            return null;
        }
        long first = AuditFiles.first(segment);
        return new Ended(
                AuditFiles.segment(first),
                isTorn ? Reason.CRASH : Reason.CORRUPT,
                first,
                chain.seq(),
                chain.root(),
                good,
                isTorn);
    }

    private static long endOf(Path segment) throws IOException {
        try (LineReader lines = LineReader.open(segment)) {
            return lines.end();
        }
    }
}
