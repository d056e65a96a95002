package io.headgate.gateway.audit;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.LineReader;
import io.headgate.filter.audit.format.RecordLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The records of a log in order, also while the gateway writes it; it reads, and proves nothing. */
final class RecordCursor implements AutoCloseable {
    private final Path directory;
    private final RecordLine line = new RecordLine();
    private @Nullable LineReader lines;
    private long wanted;
    private long first;
    private long last = Long.MAX_VALUE;
    private boolean isBeyond;

    /** Where the next segment begins; what stands behind it in this one does not count. */
    private long end;

    /**
     * @param wanted the place of the first record that is asked for
     */
    RecordCursor(Path directory, long wanted) throws IOException {
        this.directory = directory;
        this.wanted = Math.max(1, wanted);
        if (AuditFiles.segments(directory).isEmpty()) {
            throw new IllegalArgumentException(directory + ": no audit log (expected: the directory of one)");
        }
    }

    /** Goes to the next record; false if there is none yet. */
    boolean next() throws IOException {
        return next(Long.MAX_VALUE);
    }

    /**
     * Goes to the next record, if it stands at the given place or before.
     *
     * <p>What a failing disk leaves at the end of a segment does not count, and the next segment has other records for the
     * same places: whoever must not see any of them asks for what is durable.
     */
    boolean next(long upTo) throws IOException {
        if (upTo != last) {
            last = upTo;
            if (lines != null) {
                end = firstAfter(first);
            }
        }
        while (wanted <= last && (lines != null || open())) {
            LineReader current = lines;
            if (current == null) {
                return false;
            }
            if (nextIn(current)) {
                return true;
            }
            if (isBeyond) {
                return false;
            }
            // The next segment appears only when this one is complete, so one more look finds all of it.
            if (end == Long.MAX_VALUE) {
                end = firstAfter(first);
                if (end == Long.MAX_VALUE) {
                    return false;
                }
            } else {
                current.close();
                lines = null;
                wanted = Math.max(wanted, end);
            }
        }
        return false;
    }

    private boolean nextIn(LineReader current) throws IOException {
        isBeyond = false;
        while (current.next() && current.isWhole()) {
            if (line.read(current.bytes(), current.from(), current.to()) && line.seq() >= wanted && line.seq() < end) {
                if (line.seq() > last) {
                    isBeyond = true;
                    break;
                }
                wanted = line.seq() + 1;
                return true;
            }
        }
        current.again();
        return false;
    }

    RecordLine line() {
        return line;
    }

    private boolean open() throws IOException {
        List<Path> segments = AuditFiles.segments(directory);
        Path found = null;
        for (Path segment : segments) {
            if (found == null || AuditFiles.first(segment) <= wanted) {
                found = segment;
            }
        }
        if (found == null || (first != 0 && AuditFiles.first(found) <= first)) {
            return false;
        }
        first = AuditFiles.first(found);
        end = firstAfter(first);
        lines = LineReader.open(found);
        return true;
    }

    private long firstAfter(long place) throws IOException {
        return AuditFiles.segments(directory).stream()
                .mapToLong(AuditFiles::first)
                .filter(each -> each > place)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    @Override
    public void close() throws IOException {
        if (lines != null) {
            lines.close();
        }
    }
}
