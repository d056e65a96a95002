package io.headgate.filter.audit.log;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.Checkpoint;
import io.headgate.filter.audit.format.LineReader;
import io.headgate.filter.audit.format.SigningKey;
import io.headgate.filter.audit.log.LogFiles.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/** The file of signed checkpoints. */
final class Checkpoints {
    private static final String HALF = AuditFiles.CHECKPOINTS + ".new";

    private final Path directory;
    private final LogFiles files;
    private final SigningKey key;
    private final String node;
    private @Nullable LogFile file;
    private long last;

    Checkpoints(Path directory, LogFiles files, SigningKey key, String node) {
        this.directory = directory;
        this.files = files;
        this.key = key;
        this.node = node;
    }

    /**
     * Writes the file anew with the whole lines of the old one from a place on. After a failed fsync the old file is not
     * believed any more; after a crash its last line may be torn; after a deletion its first ones are about nothing.
     */
    void renew(long from) throws IOException {
        close();
        Path path = directory.resolve(AuditFiles.CHECKPOINTS);
        Path half = directory.resolve(HALF);
        Files.deleteIfExists(half);
        last = 0;
        LogFile made = files.create(half);
        file = made;
        if (Files.exists(path)) {
            copy(path, from, made);
        }
        made.force();
        Files.move(half, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        files.syncDirectory(directory);
    }

    /** Signs what is durable. */
    Checkpoint sign(Tip tip, LineWriter lines) throws IOException {
        LogFile current = file;
        if (current == null) {
            throw new IOException("no file of checkpoints is open");
        }
        Checkpoint checkpoint = key.checkpoint(node, tip.seq, tip.hashText(), tip.rootText(lines.digest), lines.now());
        write(current, (checkpoint.line() + "\n").getBytes(StandardCharsets.UTF_8));
        current.force();
        last = tip.seq;
        return checkpoint;
    }

    /** The place that the last one covers. */
    long last() {
        return last;
    }

    void close() {
        LogFile current = file;
        file = null;
        try {
            if (current != null) {
                current.close();
            }
        } catch (IOException closed) {
            // What counts was forced before.
        }
    }

    private void copy(Path path, long from, LogFile to) throws IOException {
        try (LineReader lines = LineReader.open(path)) {
            while (lines.next()) {
                Checkpoint checkpoint =
                        lines.isWhole() ? Checkpoint.read(lines.bytes(), lines.from(), lines.to()) : null;
                // A line that is no checkpoint stays where it is, for the verifier to find.
                if (lines.isWhole() && (checkpoint == null || checkpoint.seq() >= from)) {
                    write(to, ByteBuffer.wrap(lines.bytes(), lines.from(), lines.to() + 1 - lines.from()));
                    last = checkpoint == null ? last : checkpoint.seq();
                }
            }
        }
    }

    private static void write(LogFile to, byte[] line) throws IOException {
        write(to, ByteBuffer.wrap(line));
    }

    private static void write(LogFile to, ByteBuffer line) throws IOException {
        while (line.hasRemaining()) {
            if (to.write(line) <= 0) {
                throw new IOException("the disk takes no more");
            }
        }
    }
}
