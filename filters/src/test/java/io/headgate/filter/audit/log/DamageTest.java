package io.headgate.filter.audit.log;

import static io.headgate.filter.audit.log.AuditLogFixture.assertGood;
import static io.headgate.filter.audit.log.AuditLogFixture.calls;
import static io.headgate.filter.audit.log.AuditLogFixture.config;
import static io.headgate.filter.audit.log.AuditLogFixture.open;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.verify.AuditVerifier;
import io.headgate.filter.audit.verify.VerifyReport;
import io.headgate.testkit.Await;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Random damage to a log that was closed: each is found. */
@Tag("slow")
// Flips each byte of a log.
@Timeout(300)
class DamageTest {
    private static final int ROUNDS = 500;
    private static final int BYTES = 1_500;

    @TempDir
    Path directory;

    private final Random random = new Random(5);

    /** Several segments, one of them left by a fault, and several boots. */
    private List<Path> log() throws IOException {
        FaultyDisk disk = new FaultyDisk();
        for (int boot = 0; boot < 3; boot++) {
            try (AuditLog log = open(directory, config(64L * 1024, 30), disk)) {
                calls(log, 1000 * boot, 1000 * boot + 60);
                if (boot == 1) {
                    // Not any fsync: a checkpoint that is being written would lack its record, and could be taken away.
                    disk.poison = "lost";
                    assertThat(AuditLogFixture.append(log, AuditLogFixture.intent("lost")))
                            .isEqualTo(AuditTrouble.FAILED);
                    Await.until("the log accepts again", log::accepts);
                    calls(log, 2_000_000, 2_000_020);
                }
            }
        }
        assertGood(directory);
        List<Path> files = new ArrayList<>(AuditFiles.segments(directory));
        files.add(directory.resolve(AuditFiles.CHECKPOINTS));
        return files;
    }

    @Test
    void findsEveryDamage() throws IOException {
        List<Path> files = log();
        for (int round = 0; round < ROUNDS; round++) {
            Path file = files.get(random.nextInt(files.size()));
            byte[] before = Files.readAllBytes(file);
            String damage = damage(file, before, files);
            assertFound(damage + " in round " + round);
            write(file, before);
        }
        assertGood(directory);
    }

    @Test
    void findsEveryFlippedByte() throws IOException {
        List<Path> files = log();
        for (Path file : files) {
            byte[] bytes = Files.readAllBytes(file);
            int step = Math.max(1, bytes.length * files.size() / BYTES);
            for (int i = random.nextInt(step); i < bytes.length; i += step) {
                byte old = bytes[i];
                bytes[i] ^= (byte) (1 << random.nextInt(8));
                write(file, bytes);
                assertFound("byte " + i + " of " + file.getFileName());
                bytes[i] = old;
            }
            write(file, bytes);
        }
        assertGood(directory);
    }

    /** A fault ends a segment without a seal; what is put behind its last record is no part of it all the same. */
    @Test
    void findsWhatIsAddedWhereAFaultEndedASegment() throws IOException {
        List<Path> files = log();
        int after = 0;
        while (!Files.readString(files.get(after)).contains("\"reason\":\"fsync\"")) {
            after++;
        }
        Path ended = files.get(after - 1);
        List<String> lines = Files.readAllLines(ended);
        String more = Files.readString(ended) + lines.get(lines.size() - 1) + "\n";
        Path unused = Files.writeString(ended, more);
        assertFound("a record twice at the end of " + ended.getFileName());
    }

    @Test
    void namesTheFirstBadRecord() throws IOException {
        Path file = log().get(0);
        List<String> lines = Files.readAllLines(file);
        String bad = lines.get(5).replace("tools/call", "tools/calm");
        List<String> changed = new ArrayList<>(lines);
        changed.set(5, bad);
        write(file, (String.join("\n", changed) + "\n").getBytes(StandardCharsets.UTF_8));
        VerifyReport.Problem problem =
                AuditLogFixture.verify(directory).problems().get(0);
        assertThat(problem.what()).isEqualTo("hash");
        assertThat(problem.file()).isEqualTo(file.getFileName().toString());
        assertThat(problem.line()).isEqualTo(6);
        assertThat(problem.seq()).isEqualTo(6);
        assertThat(problem.offset())
                .isEqualTo(String.join("\n", lines.subList(0, 5)).length() + 1);
        String hash = lines.get(5).replaceAll(".*\"hash\":\"([0-9a-f]{64})\"}", "$1");
        assertThat(problem.found()).isEqualTo(hash);
        assertThat(problem.expected()).matches("[0-9a-f]{64}").isNotEqualTo(hash);
    }

    private String damage(Path file, byte[] bytes, List<Path> files) throws IOException {
        List<String> lines = new ArrayList<>(List.of(new String(bytes, StandardCharsets.UTF_8).split("(?<=\n)")));
        int line = random.nextInt(lines.size());
        int other = random.nextInt(lines.size());
        String where = " line " + (line + 1) + " of " + file.getFileName();
        int kind = random.nextInt(9);
        switch (kind) {
            case 0 -> {
                byte[] flipped = bytes.clone();
                flipped[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                write(file, flipped);
                return "flipped bit in " + file.getFileName();
            }
            case 1 -> lines.remove(line);
            case 2 -> lines.add(line, lines.get(line));
            case 3 -> {
                if (lines.size() == 1) {
                    lines.clear();
                } else if (line == other) {
                    Collections.swap(lines, line, (line + 1) % lines.size());
                } else {
                    Collections.swap(lines, line, other);
                }
            }
            case 4 ->
                lines.set(
                        line,
                        lines.get(line).substring(random.nextInt(lines.get(line).length())));
            case 5 -> lines.subList(line, lines.size()).clear();
            case 6 -> {
                write(file, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
                return "cut " + file.getFileName();
            }
            case 7 -> {
                Files.delete(file);
                return "deleted " + file.getFileName();
            }
            default -> {
                Path from = files.get(random.nextInt(files.size()));
                List<String> theirs = Files.readAllLines(from);
                lines.add(line, theirs.get(random.nextInt(theirs.size())) + "\n");
            }
        }
        byte[] changed = String.join("", lines).getBytes(StandardCharsets.UTF_8);
        if (Arrays.equals(changed, bytes)) {
            changed = Arrays.copyOf(bytes, bytes.length - 1);
        }
        write(file, changed);
        return "damage " + kind + where;
    }

    private void assertFound(String damage) {
        try {
            assertThat(AuditVerifier.verify(directory).isGood()).as(damage).isFalse();
        } catch (IOException e) {
            throw new AssertionError(damage, e);
        }
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        Path unused = Files.write(file, bytes);
    }
}
