package io.headgate.filter.audit.verify;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.ChainCheck;
import io.headgate.filter.audit.format.Checkpoint;
import io.headgate.filter.audit.format.LineReader;
import io.headgate.filter.audit.format.RecordLine;
import io.headgate.filter.audit.format.VerifyingKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The signed checkpoints beside the records: each signature is checked, and each statement when its record is reached. */
final class CheckpointFile implements AutoCloseable {
    private final Findings findings;
    private final VerifyingKey key;
    private final String name;
    private final @Nullable LineReader lines;

    /** What was there before the segments were read; what came later may be about records that nobody read. */
    private final long sizeAtStart;

    private @Nullable Checkpoint next;
    private @Nullable Checkpoint passed;
    private boolean isTorn;
    private long line;
    private long count;
    private long lastSeq;

    CheckpointFile(Path file, VerifyingKey key, Findings findings) throws IOException {
        this.findings = findings;
        this.key = key;
        name = String.valueOf(file.getFileName());
        LineReader opened = null;
        long size = 0;
        try {
            opened = LineReader.open(file);
            size = Files.size(file);
        } catch (NoSuchFileException missing) {
            findings.problemIn(name, 0, 0, "checkpoints missing", 0, AuditFiles.CHECKPOINTS, "no such file");
        }
        lines = opened;
        sizeAtStart = size;
        advance();
    }

    /** Compares the statement about the record that the chain has just taken, if there is one. */
    void passed(ChainCheck chain) throws IOException {
        Checkpoint statement = next;
        while (statement != null && statement.seq() < chain.seq()) {
            // Only what was deleted can lie behind.
            advance();
            statement = next;
        }
        if (statement == null || statement.seq() != chain.seq()) {
            return;
        }
        if (!statement.hash().equals(chain.lastHash())) {
            wrong("checkpoint disagrees", statement.seq(), statement.hash(), chain.lastHash());
        } else if (!statement.root().equals(chain.root())) {
            wrong("checkpoint disagrees", statement.seq(), statement.root(), chain.root());
        }
        passed = statement;
        advance();
    }

    /** Whether the file has the statement that this record repeats. */
    boolean has(RecordLine record) {
        byte[] line = passed == null
                ? new byte[0]
                : ("\"checkpoint\":" + passed.line() + ",\"prev\":").getBytes(StandardCharsets.UTF_8);
        int from = record.to() - tail() - line.length;
        return passed != null
                && passed.seq() == record.seq() - 1
                && from > record.from()
                && Arrays.equals(record.bytes(), from, from + line.length, line, 0, line.length);
    }

    /** What follows the members of a record, without the name of {@code prev}. */
    private static int tail() {
        return "\"".length() + 64 + RecordLine.HASH.length() + 64 + "\"}".length();
    }

    boolean covers(long seq) {
        return passed != null && passed.seq() == seq;
    }

    /** What is left when all records are read. */
    void ended(long last, boolean isClosed) throws IOException {
        while (next != null) {
            Checkpoint statement = next;
            if (statement.seq() > last && lines != null && lines.offset() < sizeAtStart) {
                wrong("records missing at the end", statement.seq(), "record " + statement.seq(), "end at " + last);
                return;
            }
            advance();
        }
        if (isTorn && isClosed) {
            findings.problemIn(name, line, 0, "torn checkpoint", last, "a whole line", "a part of one");
        } else if (isTorn) {
            findings.note(name + ": the last line is torn");
        }
    }

    long count() {
        return count;
    }

    long signedTo() {
        return passed == null ? 0 : passed.seq();
    }

    private void advance() throws IOException {
        next = null;
        while (next == null && lines != null && lines.next()) {
            line++;
            if (!lines.isWhole()) {
                isTorn = true;
                return;
            }
            next = read(lines);
        }
    }

    private @Nullable Checkpoint read(LineReader from) {
        Checkpoint read = Checkpoint.read(from.bytes(), from.from(), from.to());
        if (read == null) {
            wrong("malformed checkpoint", lastSeq, "a checkpoint", "none");
        } else if (!key.accepts(read)) {
            wrong("checkpoint signature", read.seq(), "signed by key " + key.id(), "key " + read.key());
        } else if (read.seq() <= lastSeq) {
            wrong("checkpoint order", read.seq(), "> " + lastSeq, Long.toString(read.seq()));
        } else {
            lastSeq = read.seq();
            count++;
            return read;
        }
        return null;
    }

    private void wrong(String what, long seq, String expected, String found) {
        findings.problemIn(name, line, lines == null ? 0 : lines.offset(), what, seq, expected, found);
    }

    @Override
    public void close() throws IOException {
        if (lines != null) {
            lines.close();
        }
    }
}
