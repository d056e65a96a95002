package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.log.AuditLog;
import io.headgate.filter.audit.log.AuditLogConfig;
import io.headgate.filter.audit.log.AuditRecord;
import io.headgate.filter.audit.log.Durability;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code headgate audit} says about a log of six calls. */
class AuditCommandsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int CALLS = 6;

    @TempDir
    Path directory;

    private record Outcome(int status, String out) {}

    @BeforeEach
    void fill() {
        try (AuditLog log =
                AuditLog.open(directory, AuditLogConfig.DEFAULT, new SimpleMeterRegistry(), InstantSource.system())) {
            for (int i = 0; i < CALLS; i++) {
                String call = "\"call_id\":\"c" + i + "\",\"trace_id\":\"t" + i + "\"";
                String mcp = ",\"actor\":{\"sub\":\"alice\"},\"mcp\":{\"method\":\"tools/call\",\"tool\":\"tool" + i % 2
                        + "\",\"upstream\":\"u\"}";
                append(log, AuditRecord.INTENT, call + mcp);
                append(log, AuditRecord.OUTCOME, call + mcp + ",\"outcome\":{\"transport\":\"ok\"}");
            }
        }
    }

    private static void append(AuditLog log, String type, String members) {
        log.append(
                new AuditRecord(type, members.getBytes(StandardCharsets.UTF_8)),
                Durability.STRICT,
                trouble -> assertThat(trouble).isNull());
    }

    @Test
    void provesAGoodLog() {
        Outcome outcome = run("verify", directory.toString());
        assertThat(outcome.status()).isZero();
        assertThat(outcome.out()).startsWith(directory + ": GOOD\n").contains("intent=6", "outcome=6");
        JsonNode json =
                JSON.readTree(run("verify", directory.toString(), "--json").out());
        assertThat(json.path("good").asBoolean()).isTrue();
        assertThat(json.path("records").asLong()).isEqualTo(2 * CALLS + 2);
    }

    @Test
    void namesTheBadRecord() throws IOException {
        Path segment = AuditFiles.segments(directory).get(0);
        Path unused = Files.writeString(
                segment, Files.readString(segment).replace("\"call_id\":\"c1\"", "\"call_id\":\"c9\""));
        Outcome outcome = run("verify", directory.toString(), "--json");
        assertThat(outcome.status()).isEqualTo(1);
        JsonNode problem = JSON.readTree(outcome.out()).path("problems").path(0);
        assertThat(problem.path("what").asString()).isEqualTo("hash");
        assertThat(problem.path("seq").asLong()).isEqualTo(4);
        assertThat(problem.path("file").asString())
                .isEqualTo(segment.getFileName().toString());
        assertThat(run("verify", directory.toString()).out()).contains("record 4", "expected", "found");
    }

    @Test
    void showsAndFindsRecords() {
        assertThat(run("tail", directory.toString(), "-n", "3").out().lines())
                .hasSize(3)
                .last()
                .asString()
                .contains("\"type\":\"seal\"");
        assertThat(run("search", directory.toString(), "--tool", "tool1", "--type", "intent")
                        .out()
                        .lines())
                .hasSize(CALLS / 2);
        assertThat(run("search", directory.toString(), "--caller", "alice", "--trace", "t3", "--since", "1h")
                        .out()
                        .lines())
                .hasSize(2);
        assertThat(run("search", directory.toString(), "--until", "1h").out()).isEmpty();
    }

    @Test
    void exportsAndGoesOn() {
        List<String> all = run("export", directory.toString(), "--format", "ocsf")
                .out()
                .lines()
                .toList();
        assertThat(all).hasSize(2 * CALLS);
        JsonNode event = JSON.readTree(all.get(1));
        assertThat(event.path("class_uid").asInt()).isEqualTo(6003);
        assertThat(event.path("type_uid").asInt()).isEqualTo(600_399);
        assertThat(event.path("status_id").asInt()).isEqualTo(1);
        assertThat(event.path("api").path("operation").asString()).isEqualTo("tool0");
        assertThat(event.path("actor").path("user").path("uid").asString()).isEqualTo("alice");
        long sequence = event.path("metadata").path("sequence").asLong();
        assertThat(run("export", directory.toString(), "--format", "ocsf", "--after", Long.toString(sequence))
                        .out()
                        .lines())
                .containsExactlyElementsOf(all.subList(2, all.size()));
        assertThat(run("export", directory.toString(), "--format", "json").out().lines())
                .hasSize(2 * CALLS + 2);
    }

    @Test
    void saysWhatIsWrongOnOneLine() {
        assertThatThrownBy(() -> run("verify", directory.resolve("no").toString()))
                .hasMessage(directory.resolve("no") + ": no such directory (expected: that of an audit log)");
        assertThatThrownBy(() -> run("verfy", directory.toString())).hasMessageContaining("did you mean 'verify'?");
        assertThatThrownBy(() -> run("verify")).hasMessageContaining("headgate audit verify DIR");
        assertThatThrownBy(() -> run("search", directory.toString(), "--since", "soon"))
                .hasMessageContaining("--since: soon (expected: a time such as");
        assertThatThrownBy(() -> run(
                        "verify",
                        directory.toString(),
                        "--key",
                        directory.resolve("k").toString()))
                .hasMessage(directory.resolve("k") + ": no such file");
    }

    private static Outcome run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream printer = new PrintStream(out, true, StandardCharsets.UTF_8);
        int status = AuditCommands.run(List.of(arguments), printer, printer);
        return new Outcome(status, out.toString(StandardCharsets.UTF_8));
    }
}
