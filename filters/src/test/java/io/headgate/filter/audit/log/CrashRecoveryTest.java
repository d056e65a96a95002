package io.headgate.filter.audit.log;

import static io.headgate.filter.audit.log.AuditLogFixture.append;
import static io.headgate.filter.audit.log.AuditLogFixture.assertGood;
import static io.headgate.filter.audit.log.AuditLogFixture.calls;
import static io.headgate.filter.audit.log.AuditLogFixture.config;
import static io.headgate.filter.audit.log.AuditLogFixture.good;
import static io.headgate.filter.audit.log.AuditLogFixture.intent;
import static io.headgate.filter.audit.log.AuditLogFixture.open;
import static io.headgate.filter.audit.log.AuditLogFixture.outcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.TornTail;
import io.headgate.filter.audit.verify.VerifyReport;
import io.headgate.testkit.Await;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left when a process dies, and what the next one makes of it. */
// Starts and kills processes again and again.
@Timeout(300)
class CrashRecoveryTest {
    private static final int KILLS = 10;
    private static final int WRITERS = 4;
    private static final int SECTOR = 512;

    @TempDir
    Path directory;

    /** A log as it stands while the gateway runs, copied into a directory of its own. */
    private Path running(int calls, String... open) throws IOException {
        Path live = directory.resolve("live");
        Path copy = directory.resolve("copy");
        try (AuditLog log = open(live, config(64L * 1024, null), LogFiles.DISK)) {
            for (String call : open) {
                assertThat(append(log, intent(call))).isNull();
            }
            calls(log, 0, calls);
            copy(live, copy);
        }
        return copy;
    }

    private static void copy(Path from, Path to) throws IOException {
        Path unused = Files.createDirectories(to);
        for (Path old : files(to)) {
            Files.delete(old);
        }
        for (Path file : files(from)) {
            Path copied = Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
            assertThat(copied).exists();
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    @Test
    void cutsATornTailAtEveryByteOfTheLastRecord() throws IOException {
        Path crashed = running(3, "open-1");
        Path segment = AuditFiles.segments(crashed).get(0);
        byte[] file = Files.readAllBytes(segment);
        byte[] whole = Arrays.copyOf(file, end(file));
        int last = lastLine(whole);
        Path again = directory.resolve("again");
        for (int length = last; length <= whole.length; length++) {
            copy(crashed, again);
            Path unused = Files.write(again.resolve(segment.getFileName()), Arrays.copyOf(whole, length));
            boolean isTorn = length > last && length < whole.length;
            VerifyReport before = good(again);
            assertThat(before.notes().stream().anyMatch(note -> note.contains(": a torn record")))
                    .isEqualTo(isTorn);
            open(again).close();
            VerifyReport after = good(again);
            // The outcome of the last call was cut, unless it is whole.
            assertThat(after.unknown()).isEqualTo(length == whole.length ? 1 : 2);
            assertThat(after.recoveries()).isEqualTo(1);
            assertThat(Files.size(again.resolve(segment.getFileName()))).isEqualTo(isTorn ? last : length);
            String cut = (isTorn ? length - last : 0) + " bytes of a torn record cut";
            assertThat(after.notes()).anyMatch(note -> note.contains(cut));
            String next = Files.readString(AuditFiles.segments(again).get(1));
            assertThat(next)
                    .contains("\"call_id\":\"open-1\",\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"of_boot\":\"")
                    .contains("\"transport\":\"unknown\"");
        }
    }

    @Test
    void findsOpenCallsInEarlierSegments() throws IOException {
        Path crashed = running(200, "open-1", "open-2");
        assertThat(AuditFiles.segments(crashed)).hasSizeGreaterThan(2);
        assertGood(crashed);
        try (AuditLog log = open(crashed)) {
            calls(log, 1000, 1005);
        }
        VerifyReport report = good(crashed);
        assertThat(report.unknown()).isEqualTo(2);
        assertThat(report.types()).containsEntry("intent", 207L).containsEntry("outcome", 207L);
    }

    @Test
    void recoversAnEndThatWasTornWithTheFirstRecordOfASegment() throws IOException {
        Path crashed = running(3);
        Path torn = crashed.resolve(AuditFiles.segment(8));
        Path unused = Files.writeString(torn, "{\"seq\":8,\"ts\"");
        open(crashed).close();
        assertThat(good(crashed).recoveries()).isEqualTo(1);
    }

    @Test
    void signsASealThatTheDeadProcessDidNotSign() throws IOException {
        Path crashed = running(200);
        List<Path> segments = AuditFiles.segments(crashed);
        for (Path later : segments.subList(1, segments.size())) {
            Files.delete(later);
        }
        // Only the seals were signed so far, and the first line is about the only segment that is left.
        Path unused = Files.writeString(crashed.resolve(AuditFiles.CHECKPOINTS), "");
        VerifyReport before = good(crashed);
        assertThat(before.signedTo()).isZero();
        assertThat(before.notes()).anyMatch(note -> note.contains("before it signed the seal"));
        open(crashed).close();
        assertThat(good(crashed).isClosed()).isTrue();
    }

    @Test
    void neverTakesTamperingForATornTail() throws IOException {
        Path crashed = running(20);
        Path segment = AuditFiles.segments(crashed).get(0);
        byte[] bytes = Files.readAllBytes(segment);
        bytes[end(bytes) / 2] ^= 1;
        Path unused = Files.write(segment, bytes);
        open(crashed).close();
        assertThat(Files.size(segment)).isEqualTo(bytes.length);
        assertThat(AuditLogFixture.verify(crashed).problems()).first().satisfies(problem -> {
            assertThat(problem.what()).isEqualTo("bytes that are no record");
            assertThat(problem.file()).isEqualTo(segment.getFileName().toString());
        });
    }

    /** Pieces of the last batch came to the disk when the power went, others did not: where they belong there are zeros. */
    @Test
    void cutsWhatAPowerCutLeavesOfTheLastBatch() throws IOException {
        Path crashed = running(40, "open-1");
        Path segment = AuditFiles.segments(crashed).get(0);
        byte[] whole = Files.readAllBytes(segment);
        Path again = directory.resolve("again");
        int data = end(whole);
        for (int sector = (data / 2 / SECTOR) * SECTOR; sector + 2 * SECTOR < data; sector += SECTOR) {
            copy(crashed, again);
            byte[] torn = whole.clone();
            Arrays.fill(torn, sector, sector + SECTOR, (byte) 0);
            Path unused = Files.write(again.resolve(segment.getFileName()), torn);
            assertThat(good(again).notes()).anyMatch(note -> note.contains(": a torn record"));
            open(again).close();
            assertThat(good(again).recoveries()).isEqualTo(1);
            int last = sector;
            while (whole[last - 1] != '\n') {
                last--;
            }
            assertThat(Files.size(again.resolve(segment.getFileName()))).isEqualTo(last);
        }
    }

    /** What is no whole sector, or does not begin where one begins, is not what a disk leaves. */
    @Test
    void neverTakesOtherZerosForAPowerCut() throws IOException {
        Path crashed = running(40);
        Path segment = AuditFiles.segments(crashed).get(0);
        byte[] whole = Files.readAllBytes(segment);
        Path again = directory.resolve("again");
        int sector = (end(whole) / 2 / SECTOR) * SECTOR;
        for (int[] hole :
                new int[][] {{sector + 1, sector + 2}, {sector, sector + SECTOR - 1}, {sector + 9, sector + 900}}) {
            copy(crashed, again);
            byte[] damaged = whole.clone();
            Arrays.fill(damaged, hole[0], hole[1], (byte) 0);
            Path unused = Files.write(again.resolve(segment.getFileName()), damaged);
            assertThat(AuditLogFixture.verify(again).isGood()).isFalse();
            open(again).close();
            assertThat(Files.size(again.resolve(segment.getFileName()))).isEqualTo(whole.length);
            assertThat(AuditLogFixture.verify(again).isGood()).isFalse();
        }
    }

    /** More than a batch was acknowledged in part, so it does not vanish whatever it looks like. */
    @Test
    void neverCutsMoreThanABatch() throws IOException {
        Path live = directory.resolve("live");
        Path copy = directory.resolve("copy");
        try (AuditLog log = open(live)) {
            calls(log, 0, 1_000);
            copy(live, copy);
        }
        Path segment = AuditFiles.segments(copy).get(0);
        byte[] whole = Files.readAllBytes(segment);
        assertThat(end(whole)).isGreaterThan(TornTail.MOST_BYTES + 2 * SECTOR);
        Arrays.fill(whole, SECTOR, 2 * SECTOR, (byte) 0);
        Path unused = Files.write(segment, whole);
        assertThat(AuditLogFixture.verify(copy).isGood()).isFalse();
        assertThat(TornTail.isAt(segment, SECTOR)).isFalse();
    }

    private static int end(byte[] bytes) {
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    /** What the child acknowledged is in the log, and at most one record is torn, ten times. */
    @Test
    void losesNothingWhenItIsKilled() throws Exception {
        Random random = new Random();
        Set<String> ledger = new TreeSet<>();
        Path log = directory.resolve("killed");
        for (int i = 0; i < KILLS; i++) {
            ledger.addAll(kill(log, i, 200 + random.nextInt(2000)));
            VerifyReport report = good(log);
            assertThat(report.isClosed()).isFalse();
            assertThat(report.notes().stream().filter(note -> note.contains(": a torn record")))
                    .hasSizeLessThanOrEqualTo(1);
        }
        open(log).close();
        VerifyReport report = good(log);
        assertThat(report.recoveries()).isEqualTo(KILLS);
        assertThat(report.types().get("intent")).isEqualTo(report.types().get("outcome"));
        StringBuilder all = new StringBuilder();
        for (Path segment : AuditFiles.segments(log)) {
            all.append(Files.readString(segment));
        }
        Set<String> written = new TreeSet<>();
        java.util.regex.Matcher matcher = java.util.regex.Pattern.compile(
                        "\"type\":\"(intent|outcome)\",\"call_id\":\"([^\"]+)\"")
                .matcher(all);
        while (matcher.find()) {
            written.add(matcher.group(1) + " " + matcher.group(2));
        }
        assertThat(ledger).hasSizeGreaterThan(KILLS * 200);
        ledger.removeAll(written);
        assertThat(ledger).isEmpty();
    }

    /** Runs a child that appends, kills it after so many acknowledgements, and returns all that it said before it died. */
    private Set<String> kill(Path log, int number, int after) throws Exception {
        Path said = directory.resolve("said-" + number);
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        CrashRecoveryTest.class.getName(),
                        log.toString(),
                        "boot-" + number)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(said.toFile())
                .start();
        try {
            Await.until("the child has written", () -> ledger(said).size() >= after);
        } finally {
            Process unused = child.destroyForcibly();
        }
        assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return ledger(said);
    }

    /** The last line may be torn; a whole one ends with its mark. */
    private static Set<String> ledger(Path said) {
        try (Stream<String> lines = Files.lines(said)) {
            return lines.filter(line -> line.endsWith("."))
                    .filter(line -> line.startsWith("intent ") || line.startsWith("outcome "))
                    .map(line -> line.substring(0, line.length() - 1))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The child: calls one after another in a few threads, and a line for each record that is durable. */
    public static void main(String[] arguments) throws InterruptedException {
        PrintStream out = System.out;
        AuditLog log = open(Path.of(arguments[0]), config(256L * 1024, 200), LogFiles.DISK);
        for (int writer = 0; writer < WRITERS; writer++) {
            next(log, out, arguments[1] + "-" + writer, 0);
        }
        Thread.currentThread().join();
    }

    private static void next(AuditLog log, PrintStream out, String prefix, int number) {
        String call = prefix + "-" + number;
        log.append(intent(call), Durability.STRICT, trouble -> {
            out.print("intent " + call + ".\n");
            log.append(outcome(call), number % 2 == 0 ? Durability.STRICT : Durability.BALANCED, late -> {
                out.print("outcome " + call + ".\n");
                next(log, out, prefix, number + 1);
            });
            log.flush();
        });
        log.flush();
    }

    private static int lastLine(byte[] bytes) {
        int at = bytes.length - 1;
        while (bytes[at - 1] != '\n') {
            at--;
        }
        return at;
    }
}
