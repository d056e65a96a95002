package io.headgate.filter.audit.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.audit.verify.AuditVerifier;
import io.headgate.filter.audit.verify.VerifyReport;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A log in a directory, and short ways to fill and to judge it. */
final class AuditLogFixture {
    static final List<Durability> DURABILITIES = List.of(Durability.STRICT, Durability.BALANCED, Durability.ASYNC);
    static final Duration SOON = Duration.ofSeconds(20);

    private AuditLogFixture() {}

    static AuditLogConfig config(@Nullable Long segmentBytes, @Nullable Integer checkpointRecords) {
        return AuditLogConfig.of("node-1", segmentBytes, null, null, checkpointRecords, null, null, null, null, null);
    }

    static AuditLog open(Path directory) {
        return open(directory, config(null, null), LogFiles.DISK);
    }

    static AuditLog open(Path directory, AuditLogConfig config, LogFiles files) {
        return AuditLog.open(directory, config, new SimpleMeterRegistry(), InstantSource.system(), files);
    }

    static AuditRecord intent(String call) {
        return record(AuditRecord.INTENT, call, "\"mcp\":{\"method\":\"tools/call\",\"tool\":\"a__b\"}");
    }

    static AuditRecord outcome(String call) {
        return record(AuditRecord.OUTCOME, call, "\"outcome\":{\"transport\":\"ok\",\"latency_us\":12}");
    }

    static AuditRecord record(String type, String call, String members) {
        return new AuditRecord(
                type,
                ("\"call_id\":\"" + call + "\",\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"," + members)
                        .getBytes(StandardCharsets.UTF_8));
    }

    /** Appends and waits; the trouble, or null if it is durable. */
    static @Nullable AuditTrouble append(AuditLog log, AuditRecord record, Durability durability) {
        CompletableFuture<UnaryOperator<@Nullable AuditTrouble>> told = new CompletableFuture<>();
        log.append(
                record,
                durability,
                trouble -> assertThat(told.complete(ignored -> trouble)).isTrue());
        log.flush();
        try {
            return told.get(SOON.toSeconds(), TimeUnit.SECONDS).apply(null);
        } catch (Exception e) {
            throw new AssertionError("not told in time", e);
        }
    }

    static @Nullable AuditTrouble append(AuditLog log, AuditRecord record) {
        return append(log, record, Durability.STRICT);
    }

    /** Calls with intent and outcome, all durable. */
    static void calls(AuditLog log, int from, int to) {
        for (int i = from; i < to; i++) {
            assertThat(append(log, intent("call-" + i))).isNull();
            assertThat(append(log, outcome("call-" + i))).isNull();
        }
    }

    static VerifyReport verify(Path directory) {
        try {
            return AuditVerifier.verify(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void assertGood(Path directory) {
        assertThat(verify(directory).problems()).isEmpty();
    }

    static VerifyReport good(Path directory) {
        VerifyReport report = verify(directory);
        assertThat(report.problems()).isEmpty();
        return report;
    }
}
