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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.LineReader;
import io.headgate.filter.audit.verify.VerifyReport;
import io.headgate.testkit.Await;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log on a disk that is well. */
class AuditLogTest {
    @TempDir
    Path directory;

    @Test
    void writesWhatVerifies() throws IOException {
        try (AuditLog log = open(directory)) {
            assertThat(log.accepts()).isTrue();
            calls(log, 0, 10);
        }
        VerifyReport report = good(directory);
        assertThat(report.isClosed()).isTrue();
        assertThat(report.types()).containsEntry("intent", 10L).containsEntry("outcome", 10L);
        assertThat(report.signedTo()).isEqualTo(report.lastSeq());
        List<String> lines = Files.readAllLines(AuditFiles.segments(directory).get(0));
        assertThat(lines.get(1))
                .matches("\\{\"seq\":2,\"ts\":\"2\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z\",\"mono\":\\d+,"
                        + "\"boot\":\"[0-9a-f-]{36}\",\"node\":\"node-1\",\"type\":\"intent\",\"call_id\":\"call-0\",.*"
                        + ",\"prev\":\"[0-9a-f]{64}\",\"hash\":\"[0-9a-f]{64}\"}");
    }

    /** A reader of text finds it while the log is written, and a file that is done is nothing but its records. */
    @Test
    void hasSpaceAheadWhileItIsWrittenAndNoneAfterwards() throws IOException {
        long data;
        Path segment;
        try (AuditLog log = open(directory)) {
            calls(log, 0, 10);
            segment = AuditFiles.segments(directory).get(0);
            try (LineReader lines = LineReader.open(segment)) {
                data = lines.end();
            }
            assertThat(Files.size(segment)).isBetween(data + 256 * 1024, data + 512 * 1024);
            assertGood(directory);
        }
        byte[] closed = Files.readAllBytes(segment);
        assertThat((long) closed.length).isBetween(data, data + 4096);
        assertThat(closed[closed.length - 1]).isEqualTo((byte) '\n');
        assertThat(closed).doesNotContain(0);
    }

    @Test
    void hasNoSpaceAheadIfTheFileSaysSo() throws IOException {
        AuditLogConfig plain = AuditLogConfig.of("n", null, null, null, null, null, null, null, null, false);
        try (AuditLog log = open(directory, plain, LogFiles.DISK)) {
            calls(log, 0, 10);
            Path segment = AuditFiles.segments(directory).get(0);
            try (LineReader lines = LineReader.open(segment)) {
                assertThat(Files.size(segment)).isEqualTo(lines.end());
            }
        }
        assertGood(directory);
    }

    @Test
    void neverMakesMoreSpaceThanASegmentTakes() throws IOException {
        AuditLogConfig small = AuditLogConfig.of("n", 64L * 1024, null, null, null, null, null, null, null, null);
        try (AuditLog log = open(directory, small, LogFiles.DISK)) {
            calls(log, 0, 2);
            assertThat(Files.size(AuditFiles.segments(directory).get(0))).isEqualTo(64 * 1024);
        }
    }

    @Test
    void goesOnWhereItEnded() {
        for (int i = 0; i < 4; i++) {
            try (AuditLog log = open(directory)) {
                calls(log, 10 * i, 10 * i + 10);
            }
        }
        VerifyReport report = good(directory);
        assertThat(report.segments()).isEqualTo(4);
        assertThat(report.recoveries()).isZero();
        assertThat(report.firstSeq()).isEqualTo(1);
        assertThat(report.records()).isEqualTo(report.lastSeq());
    }

    @Test
    void rotatesSignsAndDeletes() throws IOException {
        AuditLogConfig small = AuditLogConfig.of("n", 64L * 1024, null, null, 50, null, 128L * 1024, null, null, null);
        try (AuditLog log = open(directory, small, LogFiles.DISK)) {
            calls(log, 0, 600);
        }
        VerifyReport report = good(directory);
        assertThat(report.firstSeq()).isGreaterThan(1);
        assertThat(report.types()).containsKeys("deletion", "seal", "checkpoint", "segment");
        assertThat(report.notes()).anyMatch(note -> note.contains("deleted by retention"));
        long bytes = 0;
        for (Path segment : AuditFiles.segments(directory)) {
            bytes += Files.size(segment);
        }
        assertThat(bytes).isLessThan(3 * 64 * 1024 + 16 * 1024);
    }

    @Test
    void deletesWhatIsOldAndNothingElse() throws IOException {
        someCalls(2);
        someCalls(2);
        Path old = AuditFiles.segments(directory).get(0);
        var unused = Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(3))));
        AuditLogConfig twoDays =
                AuditLogConfig.of("n", null, null, null, null, Duration.ofDays(2), null, null, null, null);
        try (AuditLog log = open(directory, twoDays, LogFiles.DISK)) {
            calls(log, 0, 2);
        }
        assertThat(old).doesNotExist();
        assertThat(good(directory).segments()).isEqualTo(2);
        Files.delete(AuditFiles.segments(directory).get(0));
        assertThat(AuditLogFixture.verify(directory).problems())
                .first()
                .satisfies(problem -> assertThat(problem.what()).isEqualTo("beginning missing"));
    }

    private void someCalls(int number) {
        try (AuditLog log = open(directory)) {
            calls(log, 0, number);
        }
    }

    @Test
    void keepsManyThreadsInOrder() throws Exception {
        int threads = 8;
        int each = 5_000;
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        AtomicInteger durable = new AtomicInteger();
        CountDownLatch told = new CountDownLatch(threads * each * 2);
        AuditLogConfig roomy = AuditLogConfig.of("n", 1L << 20, null, null, 1000, null, null, 200_000, null, null);
        try (AuditLog log = AuditLog.open(directory, roomy, meters, InstantSource.system())) {
            for (int thread = 0; thread < threads; thread++) {
                int number = thread;
                pool.execute(() -> {
                    for (int i = 0; i < each; i++) {
                        Durability durability = AuditLogFixture.DURABILITIES.get(i % 3);
                        for (AuditRecord record : List.of(intent(number + "-" + i), outcome(number + "-" + i))) {
                            log.append(record, durability, trouble -> {
                                durable.addAndGet(trouble == null ? 1 : 0);
                                told.countDown();
                            });
                        }
                        log.flush();
                    }
                });
            }
            assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(durable).hasValue(threads * each * 2);
            assertThat(meters.get("headgate.audit.records")
                            .tag("type", "intent")
                            .counter()
                            .count())
                    .isEqualTo(threads * each);
            assertThat(meters.get("headgate.audit.queue.depth").gauge().value()).isZero();
        }
        pool.shutdownNow();
        VerifyReport report = good(directory);
        assertThat(report.types()).containsEntry("intent", (long) threads * each);
        assertThat(report.open()).isZero();
        assertThat(meters.find("headgate.audit.queue.depth").gauge()).isNull();
    }

    @Test
    void givesOpenCallsAnOutcomeWhenItCloses() {
        AuditLog log = open(directory);
        assertThat(append(log, intent("a"))).isNull();
        log.close();
        assertThat(log.accepts()).isFalse();
        assertThat(append(log, outcome("a"))).isEqualTo(AuditTrouble.CLOSED);
        assertThat(good(directory).unknown()).isEqualTo(1);
    }

    @Test
    void keepsItsKeyToItself() throws IOException {
        open(directory).close();
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(directory.resolve(AuditFiles.PRIVATE_KEY))))
                .isEqualTo("rw-------");
        assertThat(Files.readString(directory.resolve(AuditFiles.PUBLIC_KEY))).contains("BEGIN PUBLIC KEY");
        var unused = Files.setPosixFilePermissions(
                directory.resolve(AuditFiles.PRIVATE_KEY), PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> open(directory))
                .isInstanceOf(AuditLogException.class)
                .hasMessageContaining("others can read it (expected: mode 0600)");
    }

    @Test
    void isNotSharedByTwoGateways() {
        AuditLog log = open(directory);
        assertThatThrownBy(() -> open(directory))
                .isInstanceOf(AuditLogException.class)
                .hasMessage("audit log " + directory
                        + ": in use by another gateway (expected: one gateway for each directory)");
        log.close();
        open(directory).close();
    }

    @Test
    void takesNoRecordThatWouldBreakTheFormat() {
        assertThatThrownBy(() -> new AuditRecord("intent", "\"a\":\n1".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("control character");
        assertThatThrownBy(() -> new AuditRecord("seal", new byte[0])).hasMessageContaining("type: seal");
        assertThatThrownBy(() -> new AuditRecord("intent", new byte[16_000])).hasMessageContaining("16000 bytes");
    }

    @Test
    void findsAControlCharacterWhereverItStands() {
        for (int length = 1; length < 40; length++) {
            for (int at = 0; at < length; at++) {
                byte[] members = new byte[length];
                for (int value = Byte.MIN_VALUE; value <= Byte.MAX_VALUE; value++) {
                    Arrays.fill(members, (byte) (value % 2 == 0 ? 0xC3 : 'x'));
                    members[at] = (byte) value;
                    boolean isControl = value >= 0 && value < ' ';
                    assertThat(isTaken(members)).isEqualTo(!isControl);
                }
            }
        }
    }

    private static boolean isTaken(byte[] members) {
        try {
            return new AuditRecord("intent", members).members() == members;
        } catch (IllegalArgumentException refused) {
            return false;
        }
    }

    @Test
    void refusesWhatIsTooMuch() {
        AuditLogConfig one = AuditLogConfig.of("n", null, null, null, null, null, null, 1, null, null);
        try (AuditLog log = open(directory, one, LogFiles.DISK)) {
            AtomicInteger refused = new AtomicInteger();
            AtomicInteger told = new AtomicInteger();
            for (int i = 0; i < 10_000; i++) {
                log.append(intent("c" + i), Durability.STRICT, trouble -> {
                    refused.addAndGet(trouble == AuditTrouble.OVERLOADED ? 1 : 0);
                    told.incrementAndGet();
                });
                log.flush();
            }
            Await.until("all are told", () -> told.get() == 10_000);
            assertThat(refused.get()).isPositive();
            assertThat(config(null, null).queueRecords()).isEqualTo(10_000);
        }
        assertGood(directory);
    }
}
