package io.headgate.filter.audit.verify;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.ChainCheck;
import io.headgate.filter.audit.format.Hex;
import io.headgate.filter.audit.format.LineReader;
import io.headgate.filter.audit.format.RecordHash;
import io.headgate.filter.audit.format.RecordLine;
import io.headgate.filter.audit.format.TornTail;
import io.headgate.filter.audit.format.VerifyingKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Reads a whole log once, in order: that no record is missing, changed, twice or elsewhere, that each segment is sealed, that
 * each signature holds, and that each intent has one outcome.
 */
public final class AuditVerifier {
    private static final byte[] ZERO = new byte[RecordHash.BYTES];
    private static final int LINES_PER_PROGRESS = 4096;

    private final Path directory;
    private final VerifyingKey key;
    private final Path checkpointFile;
    private final LongConsumer progress;
    private final Findings findings = new Findings();
    private final ChainCheck chain = new ChainCheck(0, ZERO);
    private final Pairing pairing = new Pairing(findings);
    private final TypeCounts types = new TypeCounts();
    private final Seals seals = new Seals(findings, chain, pairing);
    private long records;
    private long bytes;
    private long recoveries;
    private long lastMono;
    private byte[] lastBoot = {};

    /**
     * @param checkpoints the signed checkpoints; a copy that was kept elsewhere proves more than the one in the directory
     * @param progress told how many bytes are read
     */
    public AuditVerifier(Path directory, VerifyingKey key, Path checkpoints, LongConsumer progress) {
        this.directory = directory;
        this.key = key;
        this.checkpointFile = checkpoints;
        this.progress = progress;
    }

    /** With the key and the checkpoints that stand in the directory. */
    public static VerifyReport verify(Path directory) throws IOException {
        return new AuditVerifier(
                        directory,
                        VerifyingKey.of(directory.resolve(AuditFiles.PUBLIC_KEY)),
                        directory.resolve(AuditFiles.CHECKPOINTS),
                        read -> {})
                .verify();
    }

    public VerifyReport verify() throws IOException {
        try (CheckpointFile checkpoints = new CheckpointFile(checkpointFile, key, findings)) {
            List<Path> segments = AuditFiles.segments(directory);
            for (int i = 0; i < segments.size(); i++) {
                long next = i + 1 < segments.size() ? AuditFiles.first(segments.get(i + 1)) : Long.MAX_VALUE;
                segment(segments.get(i), i == 0, next, checkpoints);
            }
            long first = segments.isEmpty() ? 0 : AuditFiles.first(segments.get(0));
            boolean isClosed = seals.isClosed();
            seals.ended();
            pairing.ended(isClosed, chain.seq());
            checkpoints.ended(chain.seq(), isClosed);
            if (segments.isEmpty()) {
                findings.problemIn(directory.toString(), 0, 0, "no audit log", 0, "segments", "none");
            } else if (!isClosed) {
                findings.note("not closed: the gateway runs, or died; what it wrote after the last checkpoint (record "
                        + checkpoints.signedTo() + ") could be cut off unseen");
            }
            return new VerifyReport(
                    List.copyOf(findings.problems),
                    List.copyOf(findings.notes),
                    isClosed,
                    segments.size(),
                    records,
                    first,
                    chain.seq(),
                    chain.lastHash(),
                    bytes,
                    types.toMap(),
                    pairing.open(),
                    pairing.unknown(),
                    recoveries,
                    checkpoints.count(),
                    checkpoints.signedTo(),
                    key.id());
        }
    }

    private void segment(Path segment, boolean isFirst, long next, CheckpointFile checkpoints) throws IOException {
        findings.file = segment.getFileName().toString();
        findings.line = 0;
        try (LineReader lines = LineReader.open(segment)) {
            begin(AuditFiles.first(segment), isFirst);
            seals.beginSegment();
            boolean isBroken = false;
            while (!isBroken && chain.seq() + 1 < next && lines.next()) {
                isBroken = !line(lines, segment, isFirst || seals.isBroken(), next, checkpoints);
            }
            long good = isBroken ? lines.offset() : lines.nextOffset();
            // The last one may have space for what comes next.
            long rest = (next == Long.MAX_VALUE ? lines.end() : Files.size(segment)) - good;
            findings.offset = good;
            bytes += rest;
            if (!isBroken && chain.seq() + 1 < next && next != Long.MAX_VALUE) {
                isBroken = true;
                findings.line++;
                findings.problem("records missing", chain.seq() + 1, "record " + (chain.seq() + 1), "end of file");
            }
            seals.endSegment(good, rest, isBroken, next == Long.MAX_VALUE, checkpoints);
        }
        progress.accept(bytes);
    }

    private void begin(long first, boolean isFirst) {
        if (!isFirst && !seals.isBroken() && first != chain.seq() + 1) {
            findings.problem("segment missing", chain.seq() + 1, "record " + (chain.seq() + 1), "record " + first);
            seals.broken();
        }
        boolean goesOn = !isFirst && !seals.isBroken();
        chain.startBehind(goesOn ? chain.seq() : first - 1, goesOn ? chain.last() : ZERO);
    }

    /** Takes a line; false if the segment cannot be followed any further. */
    private boolean line(LineReader lines, Path segment, boolean isNewStart, long next, CheckpointFile checkpoints)
            throws IOException {
        findings.line++;
        findings.offset = lines.offset();
        if (isNewStart && findings.line == 1 && chain.seq() > 0) {
            believePrevious(lines);
        }
        if (seals.isSealed()) {
            findings.problem("bytes after the seal", chain.seq() + 1, "end of file", "more");
            return false;
        }
        ChainCheck.Break broken = lines.isWhole()
                ? chain.next(lines.bytes(), lines.from(), lines.to())
                : new ChainCheck.Break("malformed", "a whole line", "a part of one");
        if (broken != null && next == Long.MAX_VALUE && TornTail.isAt(segment, lines.offset())) {
            findings.note(findings.file + ": a torn record, " + (lines.end() - lines.offset())
                    + " bytes at the end, never acknowledged; the gateway cuts it when it starts");
            return false;
        }
        if (broken != null) {
            findings.problem(broken.what(), chain.seq() + 1, broken.expected(), broken.found());
            return false;
        }
        take(chain.line(), lines, checkpoints);
        return true;
    }

    /** Behind a gap the first record is believed about the one before it; the gap is a problem of its own. */
    private void believePrevious(LineReader lines) {
        RecordLine line = new RecordLine();
        if (line.read(lines.bytes(), lines.from(), lines.to())) {
            try {
                chain.startBehind(chain.seq(), Hex.read(line.previous()));
            } catch (IllegalArgumentException noHash) {
                // The chain breaks here, and says so.
            }
        }
    }

    private void take(RecordLine line, LineReader lines, CheckpointFile checkpoints) throws IOException {
        records++;
        bytes += lines.nextOffset() - lines.offset();
        if (records % LINES_PER_PROGRESS == 0) {
            progress.accept(bytes);
        }
        types.add(line);
        pairing.record(line);
        mono(line);
        if (line.isOfType(Seals.CHECKPOINT) && !checkpoints.has(line)) {
            findings.problem("checkpoint missing", line.seq(), "in the file of checkpoints", "not there");
        }
        if (line.isOfType(Seals.RECOVERY)) {
            recoveries++;
            findings.note("record " + line.seq() + ": recovered after a crash; " + line.number("recovery", "cut_bytes")
                    + " bytes of a torn record cut, " + line.number("recovery", "unknown")
                    + " calls have an unknown outcome");
        }
        seals.record(line);
        checkpoints.passed(chain);
    }

    private void mono(RecordLine line) {
        if (!line.isOfBoot(lastBoot)) {
            lastBoot = line.boot().getBytes(StandardCharsets.US_ASCII);
        } else if (line.mono() < lastMono) {
            findings.problem("mono", line.seq(), ">= " + lastMono, Long.toString(line.mono()));
        }
        lastMono = line.mono();
    }
}
