package io.headgate.gateway.audit;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.RecordLine;
import io.headgate.filter.audit.format.VerifyingKey;
import io.headgate.filter.audit.verify.AuditVerifier;
import io.headgate.filter.audit.verify.VerifyReport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** What people and machines do with an audit log that they did not write. */
public final class AuditTool {
    private static final Duration FOLLOW = Duration.ofMillis(200);

    private final Path directory;
    private final PrintStream out;

    public AuditTool(Path directory, PrintStream out) {
        this.directory = directory;
        this.out = out;
        if (!Files.isDirectory(directory)) {
            throw new IllegalArgumentException(directory + ": no such directory (expected: that of an audit log)");
        }
    }

    /**
     * Proves the log, or says what is wrong; the exit status.
     *
     * @param key the public key, or null for the one that lies beside the log
     * @param checkpoints the checkpoints, or null for those that lie beside the log
     * @param terminal where progress is shown, if anywhere
     */
    public int verify(@Nullable Path key, @Nullable Path checkpoints, boolean asJson, @Nullable PrintStream terminal) {
        return said(() -> {
            List<Path> segments = AuditFiles.segments(directory);
            if (segments.isEmpty()) {
                throw new IllegalArgumentException(directory + ": no audit log (expected: the directory of one)");
            }
            long total = 0;
            for (Path segment : segments) {
                total += Files.size(segment);
            }
            ProgressBar bar = terminal == null ? null : new ProgressBar(terminal, total);
            LongConsumer progress = bar == null ? read -> {} : bar::show;
            long start = System.nanoTime();
            VerifyReport report = new AuditVerifier(
                            directory,
                            VerifyingKey.of(key != null ? key : directory.resolve(AuditFiles.PUBLIC_KEY)),
                            checkpoints != null ? checkpoints : directory.resolve(AuditFiles.CHECKPOINTS),
                            progress)
                    .verify();
            if (bar != null) {
                bar.clear();
            }
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            out.println(asJson ? VerifyText.json(report, took) : VerifyText.of(directory, report, took, key != null));
            out.flush();
            return report.isGood() ? 0 : 1;
        });
    }

    /** Shows the last records, and those that come. */
    public int tail(int last, boolean isFollowed) {
        return said(() -> {
            long end = 0;
            try (RecordCursor cursor = new RecordCursor(directory, lastSegment())) {
                while (cursor.next()) {
                    end = cursor.line().seq();
                }
            }
            try (RecordCursor cursor = new RecordCursor(directory, end - last + 1)) {
                do {
                    while (cursor.next()) {
                        print(cursor.line());
                    }
                    out.flush();
                    if (isFollowed) {
                        LockSupport.parkNanos(FOLLOW.toNanos());
                    }
                } while (isFollowed
                        && !out.checkError()
                        && !Thread.currentThread().isInterrupted());
            }
            return 0;
        });
    }

    /** Shows the records that match. */
    public int search(RecordQuery query) {
        return said(() -> {
            try (RecordCursor cursor = new RecordCursor(directory, 1)) {
                while (cursor.next() && !out.checkError()) {
                    if (query.matches(cursor.line())) {
                        print(cursor.line());
                    }
                }
            }
            return 0;
        });
    }

    /** Writes the records behind a place, as they are or as OCSF has them. */
    public int export(boolean asOcsf, long after) {
        return said(() -> {
            OcsfEvents events = new OcsfEvents();
            try (RecordCursor cursor = new RecordCursor(directory, after + 1)) {
                int unflushed = 0;
                while (cursor.next()) {
                    if (!asOcsf) {
                        print(cursor.line());
                    } else if (!OcsfEvents.isInternal(cursor.line())) {
                        out.println(events.of(cursor.line()));
                    }
                    if (++unflushed % 1000 == 0 && out.checkError()) {
                        return 1;
                    }
                }
            }
            out.flush();
            return 0;
        });
    }

    private long lastSegment() throws IOException {
        List<Path> segments = AuditFiles.segments(directory);
        return segments.isEmpty() ? 1 : AuditFiles.first(segments.get(segments.size() - 1));
    }

    private void print(RecordLine line) {
        out.write(line.bytes(), line.from(), line.to() - line.from());
        out.write('\n');
    }

    private interface Work {
        int run() throws IOException;
    }

    /** A file that cannot be read is one clear line, too. */
    private static int said(Work work) {
        try {
            return work.run();
        } catch (NoSuchFileException missing) {
            throw new IllegalArgumentException(missing.getMessage() + ": no such file");
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(
                    String.valueOf(unreadable.getMessage()).replaceAll("\\s+", " "), unreadable);
        }
    }

    /** How far a long reading is. */
    private static final class ProgressBar {
        private static final int WIDTH = 30;
        private static final long PAUSE_NANOS = Duration.ofMillis(100).toNanos();

        private final PrintStream terminal;
        private final long total;
        private final long start = System.nanoTime();
        private long shownAt = start;

        ProgressBar(PrintStream terminal, long total) {
            this.terminal = terminal;
            this.total = Math.max(1, total);
        }

        void show(long read) {
            long now = System.nanoTime();
            if (now - shownAt < PAUSE_NANOS) {
                return;
            }
            shownAt = now;
            int done = (int) Math.min(WIDTH, WIDTH * read / total);
            terminal.print(String.format(
                    Locale.ROOT,
                    "\r[%s%s] %3d %%  %.0f MB/s ",
                    "#".repeat(done),
                    ".".repeat(WIDTH - done),
                    Math.min(100, 100 * read / total),
                    1e3 * read / (now - start)));
            terminal.flush();
        }

        void clear() {
            terminal.print("\r" + " ".repeat(WIDTH + 30) + "\r");
            terminal.flush();
        }
    }
}
