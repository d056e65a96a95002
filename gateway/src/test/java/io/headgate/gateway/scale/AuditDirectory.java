package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.format.LineReader;
import io.headgate.filter.audit.verify.AuditVerifier;
import io.headgate.filter.audit.verify.VerifyReport;
import io.headgate.gateway.testkit.WrittenRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** The audit log of a gateway in another process, compared with what clients and servers know. */
record AuditDirectory(Path directory) {
    private static final Duration VERIFIED = Duration.ofMinutes(2);

    /** The bytes behind the last whole record: what a process that died had not finished writing. */
    long tornBytes() {
        try (LineReader lines = LineReader.open(last())) {
            long torn = 0;
            while (lines.next()) {
                torn = lines.isWhole() ? 0 : lines.end() - lines.offset();
            }
            return torn;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins a record as a process does that dies while it writes; few kills meet that moment. */
    void tear() {
        try (LineReader lines = LineReader.open(last());
                FileChannel file = FileChannel.open(last(), StandardOpenOption.WRITE)) {
            var unused = file.write(
                    ByteBuffer.wrap("{\"seq\":1,\"ts\":\"2026".getBytes(StandardCharsets.US_ASCII)), lines.end());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path last() {
        List<Path> segments = segments();
        return segments.get(segments.size() - 1);
    }

    /** Proves a log whose gateway has stopped, also as an operator does. */
    VerifyReport verified() {
        try (ChildJvm command = ChildJvm.start(List.of(), "audit", "verify", directory.toString())) {
            assertThat(command.exitCode(VERIFIED)).as(command.said()).isZero();
        }
        try {
            VerifyReport report = AuditVerifier.verify(directory);
            assertThat(report.problems()).isEmpty();
            assertThat(report.isClosed()).isTrue();
            return report;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Fails unless all that a server did was intended here, and nothing that a client was told not to be done was done. */
    void assertIntended(List<JsonNode> ledger, TracedCallers callers) {
        Set<String> intended = new HashSet<>();
        records("intent", record -> intended.add(record.path("trace_id").asString()));
        List<String> executed = ledger.stream()
                .map(entry -> entry.path("traceparent").asString().substring(3, 35))
                .toList();
        assertThat(executed).isNotEmpty();
        assertThat(new HashSet<>(executed)).as("executed once").hasSameSizeAs(executed);
        assertThat(executed.stream().filter(trace -> !intended.contains(trace)))
                .as("executed without intent")
                .isEmpty();
        assertThat(executed.stream().filter(callers.refused()::contains))
                .as("refused and executed")
                .isEmpty();
    }

    /** Fails unless all that clients were told came out here. */
    void assertTold(TracedCallers callers) {
        Map<String, String> outcomes = new HashMap<>();
        records(
                "outcome",
                record -> outcomes.put(
                        record.path("trace_id").asString(),
                        record.path("outcome").path("transport").asString()));
        assertThat(callers.served()).isNotEmpty();
        assertThat(callers.served().stream()
                        .filter(trace -> !outcomes.getOrDefault(trace, "none").equals("ok")))
                .as("answered without outcome")
                .isEmpty();
        assertThat(callers.failed().stream()
                        .filter(trace -> outcomes.getOrDefault(trace, "unknown").equals("unknown")))
                .as("failed without outcome")
                .isEmpty();
    }

    /** How many bytes each start has cut that found a log without an end, in order. */
    List<Long> cutBytes() {
        List<Long> cut = new ArrayList<>();
        records(
                "recovery",
                record -> cut.add(record.path("recovery").path("cut_bytes").asLong()));
        return cut;
    }

    private void records(String type, Consumer<JsonNode> reader) {
        for (Path segment : segments()) {
            try {
                WrittenRecords.lines(segment).stream()
                        .filter(line -> line.contains("\"type\":\"" + type + "\""))
                        .map(Answer::json)
                        .forEach(reader);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private List<Path> segments() {
        try {
            return AuditFiles.segments(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
