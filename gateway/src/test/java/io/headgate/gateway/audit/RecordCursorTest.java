package io.headgate.gateway.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.audit.format.AuditFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a reader sees that is bounded by what is durable. */
class RecordCursorTest {
    @TempDir
    Path directory;

    @Test
    void goesNoFurtherThanItMayAndOnLater() throws IOException {
        write(1, "a", 1, 2, 3);
        try (RecordCursor cursor = new RecordCursor(directory, 1)) {
            assertThat(read(cursor, 2)).containsExactly("1a", "2a");
            assertThat(read(cursor, 2)).isEmpty();
            write(1, "a", 4);
            assertThat(read(cursor, 3)).containsExactly("3a");
            assertThat(read(cursor, 9)).containsExactly("4a");
            write(5, "b", 5, 6);
            assertThat(read(cursor, 6)).containsExactly("5b", "6b");
        }
    }

    @Test
    void doesNotSeeWhatAFailingDiskLeftAtTheEndOfASegment() throws IOException {
        write(1, "a", 1, 2, 3, 4);
        try (RecordCursor cursor = new RecordCursor(directory, 1)) {
            assertThat(read(cursor, 2)).containsExactly("1a", "2a");
            write(3, "b", 3, 4, 5);
            assertThat(read(cursor, 5)).containsExactly("3b", "4b", "5b");
        }
    }

    @Test
    void doesNotOpenASegmentBeforeItMay() throws IOException {
        write(1, "a", 1, 2);
        write(3, "b", 3);
        try (RecordCursor cursor = new RecordCursor(directory, 1)) {
            assertThat(read(cursor, 2)).containsExactly("1a", "2a");
            // An earlier try to open a segment is replaced by another one of the same name.
            Files.delete(directory.resolve(AuditFiles.segment(3)));
            write(3, "c", 3);
            assertThat(read(cursor, 3)).containsExactly("3c");
        }
    }

    private static List<String> read(RecordCursor cursor, long upTo) throws IOException {
        List<String> read = new ArrayList<>();
        while (cursor.next(upTo)) {
            read.add(cursor.line().seq() + cursor.line().type());
        }
        return read;
    }

    private void write(long first, String type, int... places) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int seq : places) {
            lines.append("{\"seq\":").append(seq).append(",\"ts\":\"2026-01-01T00:00:00.000000000Z\",\"mono\":1");
            lines.append(",\"boot\":\"b\",\"node\":\"n\",\"type\":\"")
                    .append(type)
                    .append('"');
            lines.append(",\"prev\":\"")
                    .append("0".repeat(64))
                    .append("\",\"hash\":\"")
                    .append("0".repeat(64));
            lines.append("\"}\n");
        }
        Files.writeString(
                directory.resolve(AuditFiles.segment(first)),
                lines,
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }
}
