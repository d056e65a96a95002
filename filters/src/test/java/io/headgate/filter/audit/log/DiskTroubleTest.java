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
import io.headgate.filter.audit.verify.VerifyReport;
import io.headgate.testkit.Await;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full, fails or stands still: nobody is told that a record is written that is not. */
// A hundred and fifty rounds, each with faults that the log waits out.
@Timeout(120)
class DiskTroubleTest {
    private static final Duration RECOVERY = Duration.ofSeconds(2);

    @TempDir
    Path directory;

    private final FaultyDisk disk = new FaultyDisk();

    @Test
    void refusesWhileTheDiskIsFullAndGoesOnByItself() throws IOException {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (AuditLog log = AuditLog.open(directory, config(null, null), meters, InstantSource.system(), disk)) {
            calls(log, 0, 5);
            disk.room.set(700);
            int before = 0;
            while (append(log, intent("full-" + before)) == null) {
                before++;
            }
            assertThat(log.accepts()).isFalse();
            assertThat(append(log, intent("later"))).isEqualTo(AuditTrouble.FULL);
            assertThat(append(log, outcome("full-0"))).isEqualTo(AuditTrouble.FULL);
            assertThat(meters.get("headgate.audit.state")
                            .tag("state", "full")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            disk.room.set(-1);
            long freed = System.nanoTime();
            Await.until("the log accepts again", log::accepts);
            assertThat(System.nanoTime() - freed).isLessThan(RECOVERY.toNanos());
            calls(log, 5, 10);
            Await.until("the outcome that was refused is unknown", () -> contains("\"reason\":\"disk\""));
        }
        VerifyReport report = good(directory);
        assertThat(report.notes()).anyMatch(note -> note.contains("(full)"));
        assertThat(report.unknown()).isPositive();
        assertOutage(report, "full");
        assertThat(contains("\"call_id\":\"later\"")).isFalse();
    }

    @Test
    void neverBelievesAFileWhoseFsyncFailed() throws IOException {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (AuditLog log = AuditLog.open(directory, config(null, null), meters, InstantSource.system(), disk)) {
            calls(log, 0, 5);
            disk.failingForces.set(1);
            assertThat(append(log, intent("lost"))).isEqualTo(AuditTrouble.FAILED);
            Await.until("the log accepts again", log::accepts);
            calls(log, 5, 10);
            assertThat(meters.get("headgate.audit.fsync.errors").counter().count())
                    .isEqualTo(1);
        }
        VerifyReport report = good(directory);
        assertThat(report.segments()).isEqualTo(2);
        assertThat(report.notes()).anyMatch(note -> note.contains("(fsync)"));
        assertThat(contains("\"call_id\":\"lost\"")).isFalse();
        assertOutage(report, "failed");
    }

    @Test
    void writesAgainWhatWasAcknowledgedBeforeTheFsyncFailed() {
        try (AuditLog log = open(directory, config(null, null), disk)) {
            calls(log, 0, 3);
            disk.failingForces.set(1);
            assertThat(append(log, intent("balanced"), Durability.BALANCED)).isNull();
            Await.until("the log goes on in a new segment", () -> segments() == 2 && log.accepts());
            assertThat(append(log, outcome("balanced"))).isNull();
        }
        VerifyReport report = good(directory);
        assertThat(report.notes()).anyMatch(note -> note.contains("(fsync)"));
        assertThat(report.types()).containsEntry("intent", 4L).containsEntry("outcome", 4L);
        assertThat(report.unknown()).isZero();
    }

    @Test
    void failsForGoodWhileEveryFsyncFails() throws IOException {
        try (AuditLog log = open(directory, config(null, null), disk)) {
            calls(log, 0, 3);
            disk.failingForces.set(Integer.MAX_VALUE);
            assertThat(append(log, intent("a"))).isEqualTo(AuditTrouble.FAILED);
            Await.until("it tried new files", () -> disk.failingForces.get() < Integer.MAX_VALUE - 4);
            assertThat(log.accepts()).isFalse();
            disk.failingForces.set(0);
            Await.until("the log accepts again", log::accepts);
            calls(log, 3, 6);
        }
        assertGood(directory);
    }

    @Test
    void saysSoWhenTheDiskStandsStillAndLosesNothing() throws IOException {
        AuditLogConfig impatient =
                AuditLogConfig.of("n", null, null, null, null, null, null, null, Duration.ofMillis(20), null);
        AtomicInteger durable = new AtomicInteger();
        try (AuditLog log = open(directory, impatient, disk)) {
            CountDownLatch gate = new CountDownLatch(1);
            disk.stall = gate;
            for (int i = 0; i < 100; i++) {
                log.append(intent("c" + i), Durability.STRICT, trouble -> {
                    assertThat(trouble).isNull();
                    durable.incrementAndGet();
                });
            }
            log.flush();
            Await.until("the stall is seen", () -> !log.accepts());
            assertThat(durable).hasValue(0);
            disk.stall = null;
            gate.countDown();
            Await.until("all is written", () -> log.accepts() && durable.get() == 100);
        }
        VerifyReport report = good(directory);
        assertThat(report.types()).containsEntry("intent", 100L);
        assertOutage(report, "stalled");
    }

    @Test
    void writesTheRestWhenTheDiskTakesLess() throws IOException {
        disk.mostOfAWrite = 7;
        try (AuditLog log = open(directory, config(null, null), disk)) {
            calls(log, 0, 10);
        }
        assertThat(good(directory).types()).containsEntry("intent", 10L);
    }

    @Test
    void tellsTheTroubleOfAWriteThatFails() throws IOException {
        try (AuditLog log = open(directory, config(null, null), disk)) {
            calls(log, 0, 3);
            disk.writeError = "Input/output error";
            assertThat(append(log, intent("a"))).isEqualTo(AuditTrouble.FAILED);
            assertThat(append(log, intent("b"))).isEqualTo(AuditTrouble.FAILED);
            disk.writeError = null;
            Await.until("the log accepts again", log::accepts);
            calls(log, 3, 6);
        }
        assertGood(directory);
    }

    /** The first fsync of a checkpoint makes outcomes durable that waited for one; the second one fails. */
    @Test
    void writesNoOutcomeTwiceWhenTheFsyncOfACheckpointFails() throws IOException {
        try (AuditLog log = open(directory, config(null, 6), disk)) {
            disk.poison = "\"checkpoint\"";
            for (int i = 0; i < 3; i++) {
                assertThat(append(log, intent("c" + i))).isNull();
                assertThat(append(log, outcome("c" + i), Durability.BALANCED)).isNull();
            }
            Await.until("the log goes on in a new segment", () -> segments() == 2 && log.accepts());
            calls(log, 3, 6);
        }
        assertThat(good(directory).types()).containsEntry("intent", 6L).containsEntry("outcome", 6L);
    }

    /** Any fault at any moment: what was acknowledged is there, and the log verifies. */
    @Test
    void keepsItsWordThroughRandomFaults() throws Exception {
        java.util.Random random = new java.util.Random(20261121);
        Set<String> acknowledged = new ConcurrentSkipListSet<>();
        try (AuditLog log = open(directory, config(96L * 1024, 40), disk)) {
            AtomicInteger told = new AtomicInteger();
            int sent = 0;
            for (int round = 0; round < 150; round++) {
                switch (random.nextInt(4)) {
                    case 0 -> disk.room.set(random.nextInt(4000));
                    case 1 -> disk.failingForces.set(1 + random.nextInt(3));
                    case 2 -> disk.writeError = random.nextBoolean() ? "Input/output error" : null;
                    default -> disk.mostOfAWrite = 1 + random.nextInt(500);
                }
                for (int i = 0; i < 20; i++) {
                    String call = round + "-" + i;
                    Durability durability = AuditLogFixture.DURABILITIES.get(random.nextInt(3));
                    sent++;
                    log.append(intent(call), Durability.STRICT, trouble -> {
                        told.incrementAndGet();
                        if (trouble == null) {
                            acknowledged.add("\"type\":\"intent\",\"call_id\":\"" + call + "\"");
                            log.append(outcome(call), durability, late -> {
                                if (late == null) {
                                    acknowledged.add("\"type\":\"outcome\",\"call_id\":\"" + call + "\"");
                                }
                            });
                            log.flush();
                        }
                    });
                    log.flush();
                }
                int all = sent;
                Await.until("all are told", () -> told.get() == all);
                disk.room.set(-1);
                disk.failingForces.set(0);
                disk.writeError = null;
                disk.mostOfAWrite = Integer.MAX_VALUE;
                Await.until("the log accepts again", log::accepts);
            }
        }
        assertGood(directory);
        Set<String> missing = new TreeSet<>(acknowledged);
        String all = all();
        missing.removeIf(all::contains);
        assertThat(missing).isEmpty();
        assertThat(acknowledged).hasSizeGreaterThan(500);
    }

    /** The log says itself when it took no records, and why. */
    private void assertOutage(VerifyReport report, String reason) {
        assertThat(report.types()).containsKeys("sys_monitor_disabled", "sys_monitor_enabled");
        assertThat(all())
                .containsPattern("\"sys_monitor_disabled\",\"monitor\":\"audit\",\"reason\":\"" + reason
                        + "\",\"since\":\"2[^\"]+Z\"")
                .containsPattern("\"sys_monitor_enabled\",\"monitor\":\"audit\",\"reason\":\"" + reason
                        + "\",\"ms\":[0-9]+,\"times\":[0-9]+");
    }

    private int segments() {
        try {
            return AuditFiles.segments(directory).size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean contains(String text) {
        return all().contains(text);
    }

    private String all() {
        try (Stream<Path> segments = AuditFiles.segments(directory).stream()) {
            StringBuilder all = new StringBuilder();
            for (Path segment : segments.toList()) {
                all.append(Files.readString(segment));
            }
            return all.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
