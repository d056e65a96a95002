package io.headgate.filter.audit.log;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.LineReader;
import io.headgate.filter.audit.format.RecordLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which sealed segments are old or too many; the current one never is. */
final class Retention {
    private final Path directory;
    private final InstantSource clock;

    /**
     * A segment that may go.
     *
     * @param last the place of its last record that counts
     * @param hash the hash of that record, which the next segment names
     */
    record Expired(Path file, long first, long last, String hash) {
        String json() {
            return "\"deletion\":{\"file\":\"" + file.getFileName() + "\",\"first\":" + first + ",\"last\":" + last
                    + ",\"hash\":\"" + hash + "\"}";
        }
    }

    Retention(Path directory, InstantSource clock) {
        this.directory = directory;
        this.clock = clock;
    }

    /** The oldest segments, as far as they may go; all before the current one are sealed, here or there. */
    List<Expired> expired(long current, AuditLogConfig config) throws IOException {
        List<Path> segments = AuditFiles.segments(directory).stream()
                .filter(segment -> AuditFiles.first(segment) <= current)
                .toList();
        long total = 0;
        for (Path segment : segments) {
            total += Files.size(segment);
        }
        List<Expired> expired = new ArrayList<>();
        for (int i = 0; i + 1 < segments.size(); i++) {
            Path segment = segments.get(i);
            boolean isTooMuch = config.keepBytes() > 0 && total > config.keepBytes();
            if (!isTooMuch && !isTooOld(segment, config.keepAge())) {
                break;
            }
            total -= Files.size(segment);
            Path next = segments.get(i + 1);
            expired.add(new Expired(segment, AuditFiles.first(segment), AuditFiles.first(next) - 1, previousOf(next)));
        }
        return expired;
    }

    private boolean isTooOld(Path segment, @Nullable Duration keepAge) throws IOException {
        return keepAge != null
                && Files.getLastModifiedTime(segment)
                        .toInstant()
                        .isBefore(clock.instant().minus(keepAge));
    }

    private static String previousOf(Path segment) throws IOException {
        RecordLine line = new RecordLine();
        try (LineReader lines = LineReader.open(segment)) {
            if (!lines.next() || !line.read(lines.bytes(), lines.from(), lines.to())) {
                throw new IOException(segment.getFileName() + ": the first line is no record");
            }
            return line.previous();
        }
    }
}
