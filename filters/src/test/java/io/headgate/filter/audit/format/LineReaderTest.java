package io.headgate.filter.audit.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines of a file in whose end there is space for more. */
class LineReaderTest {
    private static final int SPACE = 200_000;

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("lines");
    }

    private void write(String text, int zeros) throws IOException {
        byte[] bytes = new byte[text.length() + zeros];
        System.arraycopy(text.getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, text.length());
        Path unused = Files.write(file, bytes);
    }

    private void overwrite(long at, String text) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            int unused = channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)), at);
        }
    }

    private static List<String> rest(LineReader lines) throws IOException {
        List<String> rest = new ArrayList<>();
        while (lines.next() && lines.isWhole()) {
            rest.add(new String(lines.bytes(), lines.from(), lines.to() - lines.from(), StandardCharsets.US_ASCII));
        }
        return rest;
    }

    @Test
    void seesNoSpaceAtTheEnd() throws IOException {
        write("one\ntwo\n", SPACE);
        try (LineReader lines = LineReader.open(file)) {
            assertThat(rest(lines)).containsExactly("one", "two");
            assertThat(lines.end()).isEqualTo(8);
            assertThat(lines.nextOffset()).isEqualTo(8);
            assertThat(lines.next()).isFalse();
        }
    }

    @Test
    void seesNothingInSpaceAlone() throws IOException {
        write("", SPACE);
        try (LineReader lines = LineReader.open(file)) {
            assertThat(lines.next()).isFalse();
            assertThat(lines.end()).isZero();
        }
    }

    @Test
    void followsWhatIsWrittenIntoTheSpaceAndBehindIt() throws IOException {
        write("one\nha", SPACE);
        try (LineReader lines = LineReader.open(file)) {
            assertThat(rest(lines)).containsExactly("one");
            overwrite(6, "lf\nthree\n");
            lines.again();
            assertThat(rest(lines)).containsExactly("half", "three");
            lines.again();
            assertThat(rest(lines)).isEmpty();
            String longest = "x".repeat(10_000) + "\n";
            overwrite(15, longest.repeat(30));
            lines.again();
            assertThat(rest(lines)).hasSize(30).containsOnly(longest.trim());
        }
    }

    /** Whoever sees that a file is complete and reads on must see all of it. */
    @Test
    void findsAllThatIsThereWhenItComesToTheEnd() throws IOException {
        write("one\n", SPACE);
        try (LineReader lines = LineReader.open(file)) {
            overwrite(4, "two\n");
            assertThat(rest(lines)).containsExactly("one", "two");
            lines.again();
            overwrite(8, "three\n");
            assertThat(rest(lines)).containsExactly("three");
        }
    }

    @Test
    void showsZerosThatSomethingFollows() throws IOException {
        write("one\n" + "\0".repeat(100) + "two\n", SPACE);
        try (LineReader lines = LineReader.open(file)) {
            assertThat(rest(lines)).containsExactly("one", "\0".repeat(100) + "two");
        }
    }

    @Test
    void beginsAtAPlace() throws IOException {
        write("one\ntwo\nthree\n", SPACE);
        try (LineReader lines = LineReader.open(file, 4)) {
            assertThat(lines.next()).isTrue();
            assertThat(lines.offset()).isEqualTo(4);
            assertThat(rest(lines)).containsExactly("three");
        }
    }
}
