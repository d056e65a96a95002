package io.headgate.filter.audit.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.ChainCheck;
import io.headgate.filter.audit.format.Checkpoint;
import io.headgate.filter.audit.format.RecordHash;
import io.headgate.filter.audit.format.RecordLine;
import io.headgate.filter.audit.format.SigningKey;
import io.headgate.filter.audit.verify.AuditVerifier;
import io.headgate.filter.audit.verify.VerifyReport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Any bytes in the place of an audit log get a verdict that a terminal may show, and what nobody signed is not good.
 *
 * <p>The input is the file of checkpoints and then the segments, with {@code 0x1D} between two; a segment begins with a
 * line that has the place of its first record. A line {@code ?} signs the record before it, and one that begins with
 * {@code !} is taken as it is. Any other is what a record has behind {@code "type":"}; the rest, hashes and signatures
 * included, is put around it, so that what comes after a line is looked at as well.
 */
class AuditVerifierFuzzTest {
    private static final byte NEXT_FILE = 0x1D;
    private static final Pattern PRINTABLE = Pattern.compile("[ -~]*");
    private static final int MOST_SEGMENTS = 8;

    @TempDir
    Path directory;

    private SigningKey key;

    @BeforeEach
    void makeKey() throws IOException {
        key = SigningKey.in(directory);
    }

    @FuzzTest
    void givesAVerdict(byte[] input) throws IOException {
        for (Path old : AuditFiles.segments(directory)) {
            Files.delete(old);
        }
        Files.deleteIfExists(directory.resolve(AuditFiles.CHECKPOINTS));
        Written written = new Written(directory, key);
        List<byte[]> files = split(input, NEXT_FILE);
        for (int i = 1; i < Math.min(files.size(), MOST_SEGMENTS + 1); i++) {
            written.segment(files.get(i));
        }
        written.checkpoints(files.get(0));
        VerifyReport report = AuditVerifier.verify(directory);
        for (VerifyReport.Problem problem : report.problems()) {
            assertPrintable(problem.what());
            assertPrintable(String.valueOf(problem.expected()));
            assertPrintable(String.valueOf(problem.found()));
        }
        report.types().keySet().forEach(AuditVerifierFuzzTest::assertPrintable);
        report.notes().forEach(AuditVerifierFuzzTest::assertPrintable);
        if (report.isClosed()) {
            assertThat(report.isGood() && !written.isSigned)
                    .as("closed, good and never signed")
                    .isFalse();
        }
    }

    private static void assertPrintable(String text) {
        assertThat(PRINTABLE.matcher(text).matches()).as(text).isTrue();
    }

    private static List<byte[]> split(byte[] bytes, byte at) {
        List<byte[]> parts = new ArrayList<>();
        int from = 0;
        for (int i = 0; i <= bytes.length; i++) {
            if (i == bytes.length || bytes[i] == at) {
                parts.add(Arrays.copyOfRange(bytes, from, i));
                from = i + 1;
            }
        }
        return parts;
    }

    /** The files of a log, whose records are chained as long as they can be. */
    private static final class Written {
        private final Path directory;
        private final SigningKey key;
        private final ChainCheck chain = new ChainCheck(0, new byte[RecordHash.BYTES]);
        private final RecordHash hash = new RecordHash();
        private final StringBuilder signed = new StringBuilder();
        private String file = "";
        private long bytes;

        /** How the segment before ended. */
        private String before = "";

        private boolean isSigned;

        Written(Path directory, SigningKey key) {
            this.directory = directory;
            this.key = key;
        }

        void segment(byte[] content) throws IOException {
            List<byte[]> lines = split(content, (byte) '\n');
            String first = new String(lines.get(0), StandardCharsets.ISO_8859_1);
            long place = first.matches("[0-9]{1,17}") ? Long.parseLong(first) : chain.seq() + 1;
            before = "\"file\":\"" + file + "\",\"count\":" + chain.tree().size() + ",\"last\":" + chain.seq()
                    + ",\"bytes\":" + bytes + ",\"root\":\"" + chain.root() + "\"";
            chain.startBehind(chain.seq(), chain.last());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (byte[] line : lines.subList(1, lines.size())) {
                if (line.length == 0) {
                    continue;
                }
                if (line.length == 1 && line[0] == '?') {
                    var unused = checkpoint();
                    continue;
                }
                boolean asItIs = line[0] == '!';
                byte[] whole = asItIs ? Arrays.copyOfRange(line, 1, line.length) : record(line);
                out.writeBytes(whole);
                if (asItIs && line == lines.get(lines.size() - 1)) {
                    break;
                }
                out.write('\n');
                var unused = chain.next(whole, 0, whole.length);
            }
            file = AuditFiles.segment(place);
            bytes = out.size();
            Path written = Files.write(directory.resolve(file), out.toByteArray());
            assertThat(written).exists();
        }

        void checkpoints(byte[] more) throws IOException {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(signed.toString().getBytes(StandardCharsets.UTF_8));
            out.writeBytes(more);
            Path written = Files.write(directory.resolve(AuditFiles.CHECKPOINTS), out.toByteArray());
            assertThat(written).exists();
        }

        /** A whole line around what is behind {@code "type":"}. */
        private byte[] record(byte[] members) {
            String text = new String(members, StandardCharsets.ISO_8859_1);
            if (text.contains("{")) {
                text = text.replace("{before}", before)
                        .replace("{root}", chain.root())
                        .replace("{count}", Long.toString(chain.tree().size()))
                        .replace("{last}", Long.toString(chain.seq()))
                        .replace(
                                "{first}",
                                Long.toString(chain.seq() - chain.tree().size() + 1));
            }
            if (text.contains("{checkpoint}")) {
                text = text.replace("{checkpoint}", checkpoint());
            }
            String body = "{\"seq\":" + (chain.seq() + 1) + ",\"ts\":\"2026-01-01T00:00:00.000000000Z\",\"mono\":"
                    + chain.seq() + ",\"boot\":\"b\",\"node\":\"n\",\"type\":\"" + text + RecordLine.PREVIOUS
                    + HexFormat.of().formatHex(chain.last()) + "\"";
            byte[] line = body.getBytes(StandardCharsets.ISO_8859_1);
            byte[] computed = new byte[RecordHash.BYTES];
            hash.ofRecord(chain.last(), line, 0, line.length, computed);
            String end = RecordLine.HASH.substring(1) + HexFormat.of().formatHex(computed) + "\"}";
            return (body + end).getBytes(StandardCharsets.ISO_8859_1);
        }

        private String checkpoint() {
            Checkpoint made =
                    key.checkpoint("n", chain.seq(), chain.lastHash(), chain.root(), "2026-01-01T00:00:00.000000000Z");
            String line = made.line();
            signed.append(line).append('\n');
            isSigned = true;
            return line;
        }
    }
}
