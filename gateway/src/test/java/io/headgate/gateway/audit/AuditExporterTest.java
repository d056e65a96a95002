package io.headgate.gateway.audit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.headgate.filter.Secret;
import io.headgate.filter.audit.ExportConfig;
import io.headgate.filter.audit.ExportConfig.Format;
import io.headgate.filter.audit.ExportFeed;
import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.log.AuditLog;
import io.headgate.filter.audit.log.AuditLogConfig;
import io.headgate.filter.audit.log.AuditRecord;
import io.headgate.filter.audit.log.Durability;
import io.headgate.filter.audit.verify.AuditVerifier;
import io.headgate.gateway.audit.LogReceiver.Habit;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.testkit.WrittenRecords;
import io.headgate.testkit.Await;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import reactor.test.StepVerifier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An exporter between a real log and a receiver on a real socket. */
class AuditExporterTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String TOKEN = "Bearer export-secret";
    private static final String NODE = "gw-1";
    private static final int WRITE = 40;
    private static final long SMALL = 64 * 1024;
    private static final long LARGE = 1024 * 1024;

    @TempDir
    Path directory;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final LogReceiver receiver = new LogReceiver();
    private final List<AuditExporter> exporters = new ArrayList<>();
    private final ListAppender<ILoggingEvent> said = new ListAppender<>();
    private @Nullable AuditLog log;

    @BeforeEach
    void listen() {
        said.start();
        logger().addAppender(said);
    }

    @AfterEach
    void stop() {
        List.copyOf(exporters).forEach(this::stop);
        logger().detachAppender(said);
        if (log != null) {
            log.close();
        }
        receiver.close();
    }

    @Test
    void sendsEachRecordOnceAndInOrderThroughAllSegments() throws IOException {
        AuditLog log = open(SMALL, 0);
        append(log, 100);
        var unused = start(log::durable);
        append(log, 200);
        close(log);
        Await.until(PATIENCE, "all is exported", () -> place() == log.durable());
        assertThat(AuditFiles.segments(directory)).hasSizeGreaterThan(3);
        assertThat(receiver.lines()).isEqualTo(lines(log.durable()));
        assertThat(receiver.posts()).allSatisfy(post -> {
            assertThat(post.type()).isEqualTo("application/x-ndjson");
            assertThat(post.authorization()).isEqualTo(TOKEN);
            assertThat(post.body().lines().count()).isLessThanOrEqualTo(25);
        });
        Await.until(
                PATIENCE,
                "all is counted",
                () -> count(MeterNames.AUDIT_EXPORT_RECORDS) == log.durable() && lag() == 0);
        assertThat(count(MeterNames.AUDIT_EXPORT_LOST)).isZero();
        assertThat(AuditVerifier.verify(directory).isGood()).isTrue();
    }

    @Test
    void waitsForAReceiverThatFailsHangsOrIsAway() {
        AuditLog log = open(LARGE, 0);
        AuditExporter exporter = start(log::durable);
        for (Habit trouble : List.of(Habit.FAILS, Habit.REFUSES, Habit.HANGS, Habit.BREAKS)) {
            Await.until(PATIENCE, "all is exported", () -> place() == log.durable());
            receiver.does(trouble);
            double failures = count(MeterNames.AUDIT_EXPORT_FAILURES);
            append(log, 30);
            Await.until(PATIENCE, "failures are counted", () -> count(MeterNames.AUDIT_EXPORT_FAILURES) > failures + 1);
            assertThat(lag()).isPositive();
            receiver.does(Habit.TAKES);
        }
        Await.until(PATIENCE, "all is exported", () -> place() == log.durable());
        receiver.goDown();
        double failures = count(MeterNames.AUDIT_EXPORT_FAILURES);
        append(log, 60);
        Await.until(PATIENCE, "failures are counted", () -> count(MeterNames.AUDIT_EXPORT_FAILURES) > failures + 1);
        receiver.comeBack();
        Await.until(PATIENCE, "all is exported", () -> place() == log.durable());
        stop(exporter);

        assertThat(receiver.distinct()).containsExactlyElementsOf(names(log.durable()));
        assertThat(warnings())
                .contains(
                        "The audit export to http://127.0.0.1:" + port() + " waits: it answers 500",
                        "The audit export to http://127.0.0.1:" + port() + " waits: it answers 401",
                        "The audit export to http://127.0.0.1:" + port() + " waits: it does not answer in time");
        assertThat(warnings()).doesNotHaveDuplicates().noneMatch(line -> line.contains("secret"));
    }

    @Test
    void goesOnWhereTheLastOneStopped() {
        AuditLog log = open(LARGE, 0);
        append(log, 20);
        run(log::durable, Format.RECORDS);
        assertThat(received()).isEqualTo(log.durable());
        receiver.does(Habit.FAILS);
        append(log, 20);
        AuditExporter failing = start(log::durable);
        Await.until(PATIENCE, "failures are counted", () -> count(MeterNames.AUDIT_EXPORT_FAILURES) > 0);
        stop(failing);
        receiver.does(Habit.TAKES);
        append(log, 20);
        run(log::durable, Format.RECORDS);
        assertThat(receiver.lines()).isEqualTo(lines(log.durable()));
    }

    @Test
    void sendsTheRestWhenItEnds() {
        AuditLog log = open(LARGE, 0);
        AuditExporter exporter = start(log::durable);
        Await.until(PATIENCE, "all is received", () -> received() == log.durable());
        append(log, 70);
        close(log);
        stop(exporter);
        assertThat(receiver.lines()).isEqualTo(lines(log.durable()));
        assertThat(receiver.lines().get(receiver.lines().size() - 1)).contains("\"type\":\"seal\"");
    }

    @Test
    void goesOnAtTheOldestRecordThatIsLeftAndCountsTheOthers() throws IOException {
        AuditLog log = open(SMALL, 2 * SMALL);
        append(log, 10);
        run(log::durable, Format.RECORDS);
        long taken = received();
        append(log, 400);
        close(log);
        long oldest = AuditFiles.first(AuditFiles.segments(directory).get(0));
        assertThat(oldest).isGreaterThan(taken + 1);
        run(log::durable, Format.RECORDS);
        assertThat(count(MeterNames.AUDIT_EXPORT_LOST)).isEqualTo((double) (oldest - taken - 1));
        List<String> lines = receiver.lines();
        assertThat(lines.subList((int) taken, lines.size())).isEqualTo(lines(log.durable()));
        assertThat(warnings())
                .containsExactly("The audit export goes on at record " + oldest + ": " + (oldest - taken - 1)
                        + " before it were deleted untaken");
    }

    @Test
    void beginsAgainWithAnotherLogAndWithoutAReadablePlace() throws IOException {
        AuditLog log = open(LARGE, 0);
        append(log, 3);
        Files.writeString(directory.resolve(ExportPlace.FILE), "2 " + "0".repeat(64) + "\n");
        run(log::durable, Format.RECORDS);
        assertThat(received()).isEqualTo(log.durable());
        Files.writeString(directory.resolve(ExportPlace.FILE), "99 " + "0".repeat(64) + "\n");
        run(log::durable, Format.RECORDS);
        assertThat(received()).isEqualTo(2 * log.durable());
        Files.writeString(directory.resolve(ExportPlace.FILE), "garbage");
        run(log::durable, Format.RECORDS);
        assertThat(received()).isEqualTo(3 * log.durable());
        assertThat(warnings()).hasSize(3).allMatch(line -> line.contains("begins with the oldest record"));
    }

    @Test
    void sendsFewerAtATimeToWhoCannotTakeMany() {
        AuditLog log = open(LARGE, 0);
        append(log, 40);
        receiver.takesAtMost(4_000);
        run(log::durable, Format.RECORDS);
        assertThat(receiver.lines()).isEqualTo(lines(log.durable()));
        assertThat(count(MeterNames.AUDIT_EXPORT_FAILURES)).isZero();
    }

    @Test
    void neverDropsWhatIsTooLargeAlone() {
        AuditLog log = open(LARGE, 0);
        append(log, 2);
        receiver.takesAtMost(600);
        AuditExporter exporter = start(log::durable);
        Await.until(PATIENCE, "failures are counted", () -> count(MeterNames.AUDIT_EXPORT_FAILURES) > 2);
        receiver.takesAtMost(4_000);
        Await.until(PATIENCE, "all is received", () -> received() == log.durable());
        stop(exporter);
        assertThat(receiver.lines()).isEqualTo(lines(log.durable()));
    }

    @Test
    void sendsNothingThatIsNotDurable() {
        AuditLog log = open(LARGE, 0);
        append(log, 10);
        AtomicLong durable = new AtomicLong(5);
        AuditExporter exporter = start(durable::get);
        Await.until(PATIENCE, "what is durable is received", () -> received() == 5);
        stop(exporter);
        assertThat(receiver.lines()).isEqualTo(lines(log.durable()).subList(0, 5));
        durable.set(log.durable());
        run(durable::get, Format.RECORDS);
        assertThat(receiver.lines()).isEqualTo(lines(log.durable()));
    }

    @Test
    void speaksOcsfAndLeavesOutWhatIsAboutTheLogItself() {
        AuditLog log = open(LARGE, 0);
        append(log, 3);
        run(log::durable, Format.OCSF);
        assertThat(receiver.lines()).hasSize(3).allSatisfy(line -> {
            JsonNode event = JsonMapper.shared().readTree(line);
            assertThat(event.path("class_uid").asInt()).isEqualTo(6003);
            assertThat(event.path("metadata").path("uid").asString()).startsWith(NODE + ":");
            assertThat(event.path("unmapped").path("boot").asString()).isNotEmpty();
        });
        assertThat(count(MeterNames.AUDIT_EXPORT_RECORDS)).isEqualTo(3);
        // The place is behind all of them: nothing comes twice, and the record about the log does not either.
        append(log, 1);
        run(log::durable, Format.OCSF);
        assertThat(receiver.lines()).hasSize(4);
    }

    /** A log to which nothing is added in its own time. */
    private AuditLog open(long segmentBytes, long keepBytes) {
        AuditLogConfig config = AuditLogConfig.of(
                NODE, segmentBytes, null, Duration.ofHours(1), null, null, keepBytes, null, null, null);
        AuditLog opened = AuditLog.open(directory, config, meters, InstantSource.system());
        log = opened;
        return opened;
    }

    private void close(AuditLog opened) {
        opened.close();
        log = null;
    }

    /** Returns when they are durable; not all at once, because only between two writes a segment ends. */
    private static void append(AuditLog log, int count) {
        for (int left = count; left > 0; left -= WRITE) {
            write(log, Math.min(left, WRITE));
        }
    }

    private static void write(AuditLog log, int count) {
        CountDownLatch written = new CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            String members = "\"call_id\":\"c" + i + "\",\"padding\":\"" + "x".repeat(900) + "\"";
            log.append(
                    new AuditRecord("sys_test", members.getBytes(StandardCharsets.UTF_8)),
                    Durability.STRICT,
                    trouble -> {
                        if (trouble == null) {
                            written.countDown();
                        }
                    });
        }
        log.flush();
        try {
            assertThat(written.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private AuditExporter start(LongSupplier durable) {
        return start(durable, Format.RECORDS);
    }

    private AuditExporter start(LongSupplier durable, Format format) {
        ExportConfig config = ExportConfig.of(
                URI.create(receiver.url()),
                Map.of("Authorization", new Secret(TOKEN)),
                format,
                25,
                64 * 1024,
                Duration.ofMillis(500),
                Duration.ofMillis(20));
        AuditExporter exporter =
                AuditExporter.start(new ExportFeed(config, directory, durable), meters, InstantSource.system());
        exporters.add(exporter);
        return exporter;
    }

    /** Exports all that there is. */
    private void run(LongSupplier durable, Format format) {
        AuditExporter exporter = start(durable, format);
        Await.until(PATIENCE, "all is exported", () -> place() == durable.getAsLong());
        stop(exporter);
    }

    private long place() {
        try {
            ExportPlace place = ExportPlace.read(directory);
            return place == null ? 0 : place.seq();
        } catch (IOException damaged) {
            return -1;
        }
    }

    private void stop(AuditExporter exporter) {
        exporters.remove(exporter);
        StepVerifier.create(exporter.stop()).expectComplete().verify(PATIENCE);
    }

    private long received() {
        return receiver.lines().size();
    }

    private double count(String name) {
        return meters.counter(name).count();
    }

    private double lag() {
        return meters.get(MeterNames.AUDIT_EXPORT_LAG).gauge().value();
    }

    /** The log up to a place, line by line. */
    private List<String> lines(long last) {
        try {
            List<String> lines = new ArrayList<>();
            for (Path segment : AuditFiles.segments(directory)) {
                lines.addAll(WrittenRecords.lines(segment));
            }
            long first = AuditFiles.first(AuditFiles.segments(directory).get(0));
            return lines.subList(0, (int) (last - first + 1));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> names(long last) {
        return LongStream.rangeClosed(1, last).mapToObj(seq -> NODE + ":" + seq).toList();
    }

    private int port() {
        return URI.create(receiver.url()).getPort();
    }

    private List<String> warnings() {
        return said.list.stream()
                .filter(event -> event.getLevel().levelStr.equals("WARN"))
                .map(ILoggingEvent::getFormattedMessage)
                .filter(line -> line.startsWith("The audit export"))
                .toList();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger("io.headgate.gateway.audit");
    }
}
