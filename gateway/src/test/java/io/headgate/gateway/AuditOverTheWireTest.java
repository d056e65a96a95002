package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.demo.Era;
import io.headgate.gateway.testkit.WrittenRecords;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.RawHttp1;
import io.headgate.testkit.SessionClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whole gateways with the audit filter, before servers of both eras that keep a ledger of what they executed. */
class AuditOverTheWireTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String CANARY = "canary7f3a9c";

    @TempDir
    private Path directory = Path.of("target");

    private Path ledger = directory;
    private DemoServer modern = DemoServer.start(DemoServerOptions.builder().build());
    private DemoServer legacy = modern;
    private final List<Gateway> gateways = new ArrayList<>();

    @BeforeEach
    void startServers() {
        modern.stop();
        ledger = directory.resolve("ledger.jsonl");
        modern = DemoServer.start(
                DemoServerOptions.builder().era(Era.MODERN).ledger(ledger).build());
        legacy = DemoServer.start(
                DemoServerOptions.builder().era(Era.LEGACY).ledger(ledger).build());
    }

    @AfterEach
    void stop() {
        gateways.forEach(Gateway::stop);
        modern.stop();
        legacy.stop();
    }

    @Test
    void everythingExecutedHasItsIntentAndEverythingAnsweredItsOutcome() throws Exception {
        Gateway gateway = start("{}");
        ModernClient client = new ModernClient(gateway.address());
        SessionClient peer = SessionClient.of(gateway.address(), "{}");
        List<CompletableFuture<ModernClient.Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String tool = i % 2 == 0 ? "new__echo" : "old__echo";
            String params = "\"name\":\"" + tool + "\",\"arguments\":{\"message\":\"" + i + "\"}";
            answers.add(client.send("tools/call", tool, params, ""));
        }
        for (int i = 0; i < 20; i++) {
            JsonNode answer = peer.ask("tools/call", "{\"name\":\"new__echo\",\"arguments\":{\"message\":\"p\"}}");
            assertThat(answer.has("result")).isTrue();
        }
        answers.forEach(answer -> assertThat(answer.join().status()).isEqualTo(200));
        gateway.stop();

        List<JsonNode> intents = records("intent");
        List<JsonNode> outcomes = records("outcome");
        assertThat(executed()).hasSize(220).hasSameElementsAs(all(intents, "trace_id"));
        assertThat(intents).hasSize(220);
        assertThat(all(outcomes, "call_id"))
                .hasSameElementsAs(all(intents, "call_id"))
                .hasSize(220);
        assertThat(outcomes).allSatisfy(outcome -> {
            assertThat(outcome.path("outcome").path("transport").asString()).isEqualTo("ok");
            assertThat(outcome.path("outcome").path("attempts").asInt()).isEqualTo(1);
        });
        JsonNode one = intents.get(0);
        assertThat(one.path("src").path("ip").asString()).isEqualTo("127.0.0.1");
        assertThat(one.path("mcp").path("upstream").asString()).isIn("new", "old");
        assertThat(one.path("mcp").path("tool").asString()).isIn("new__echo", "old__echo");
    }

    @Test
    void aClientsTraceGoesOn() throws Exception {
        Gateway gateway = start("{}");
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        new ModernClient(gateway.address())
                .ask(
                        "tools/call",
                        "old__echo",
                        "\"name\":\"old__echo\",\"arguments\":{\"message\":\"m\"}",
                        "\"traceparent\":\"00-" + trace + "-00f067aa0ba902b7-01\"");
        gateway.stop();

        assertThat(executed()).containsExactly(trace);
        JsonNode intent = records("intent").get(0);
        assertThat(intent.path("trace_id").asString()).isEqualTo(trace);
        assertThat(intent.path("parent_id").asString()).isEqualTo("00f067aa0ba902b7");
        assertThat(Files.readString(ledger))
                .contains("00-" + trace + "-" + intent.path("span_id").asString() + "-01");
    }

    @Test
    void whatTheLogCannotTakeIsNotExecuted() throws Exception {
        Gateway gateway = start("{log: {queueRecords: 1}}");
        ModernClient client = new ModernClient(gateway.address());
        int refused = 0;
        List<CompletableFuture<ModernClient.Answer>> answers = new ArrayList<>();
        for (int round = 0; round < 20 && refused == 0; round++) {
            for (int i = 0; i < 100; i++) {
                answers.add(client.send(
                        "tools/call", "new__echo", "\"name\":\"new__echo\",\"arguments\":{\"message\":\"m\"}", ""));
            }
            for (CompletableFuture<ModernClient.Answer> answer : answers) {
                ModernClient.Answer given = answer.join();
                if (given.status() == 503) {
                    refused++;
                    assertThat(given.last().path("error").path("code").asInt()).isEqualTo(1503);
                    assertThat(given.last()
                                    .path("error")
                                    .path("data")
                                    .path("retryAfterMs")
                                    .asInt())
                            .isPositive();
                }
            }
            answers.clear();
        }
        assertThat(client.ask("tools/list", "", "", "").status()).isEqualTo(200);
        gateway.stop();

        assertThat(refused).isPositive();
        assertThat(all(records("intent"), "trace_id")).containsAll(executed());
        assertThat(all(records("outcome"), "call_id")).hasSameElementsAs(all(records("intent"), "call_id"));
    }

    @Test
    void aClientThatGoesAwayIsWrittenDown() throws Exception {
        Gateway gateway = start("{}");
        ModernClient client = new ModernClient(gateway.address());
        String body = client.message(1, "tools/call", ModernClient.params("new__sleep", "{\"ms\":20000}"), "");
        try (RawHttp1 leaving = new RawHttp1(gateway.address().getPort())) {
            leaving.send(RawHttp1.postTo(
                    "localhost",
                    "/mcp",
                    body,
                    "MCP-Protocol-Version: 2026-07-28",
                    "Mcp-Method: tools/call",
                    "Mcp-Name: new__sleep"));
            Await.until("the call is made", () -> modern.activeCalls() > 0);
            leaving.reset();
        }
        Await.until("the outcome is written", () -> !records("outcome").isEmpty());

        JsonNode outcome = records("outcome").get(0).path("outcome");
        assertThat(outcome.path("transport").asString()).isEqualTo("cancelled");
        assertThat(outcome.path("delivered").asBoolean()).isFalse();
    }

    @Test
    void whatHappensToTheGatewayIsWrittenDown() throws Exception {
        Gateway gateway = start("{}");
        ModernClient client = new ModernClient(gateway.address());
        assertThat(client.ask("tools/call", "other", "\"name\":\"new__echo\",\"arguments\":{}", "")
                        .status())
                .isEqualTo(400);
        assertThat(new ModernClient(gateway.address(), "Origin", "https://evil.test")
                        .ask("tools/list", "", "", "")
                        .status())
                .isEqualTo(403);
        assertThat(client.call("nosuch", "{}").last().path("error").path("code").asInt())
                .isEqualTo(-32602);
        gateway.stop();

        assertThat(records("sys_startup")).hasSize(1);
        assertThat(records("sys_config_applied").get(0).path("sha256").asString())
                .matches("[0-9a-f]{64}");
        assertThat(all(records("upstream_added"), "upstream")).containsExactlyInAnyOrder("new", "old");
        assertThat(records("sys_shutdown")).hasSize(1);
        assertThat(records("malicious_cors").get(0).path("src").path("prefix").asString())
                .isEqualTo("127.0.0.0/24");
        assertThat(records("input_validation_fail").get(0).path("subject").asString())
                .isEqualTo("Mcp-Name");
        JsonNode unknown = records("outcome").get(0);
        assertThat(unknown.path("event").asString()).isEqualTo("input_validation_fail");
        assertThat(unknown.path("subject").asString()).isEqualTo("tool");
        assertThat(unknown.path("decision").path("allow").asBoolean()).isFalse();
    }

    @Test
    void secretsAreNowhere() throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger("io.headgate");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        Level before = root.getLevel();
        root.setLevel(Level.DEBUG);
        root.addAppender(lines);
        String told;
        try {
            Gateway gateway =
                    start("{methods: {prompts/get: strict, resources/read: strict}, values: {\"*\": [message]}}");
            ModernClient client = new ModernClient(
                    gateway.address(),
                    "Authorization",
                    "Bearer " + CANARY,
                    "X-Secret",
                    CANARY,
                    "Cookie",
                    "c=" + CANARY);
            assertThat(client.call(
                                    "new__echo",
                                    "{\"message\":\"token=" + CANARY + "\",\"" + "password\":\"" + CANARY + "\"}")
                            .status())
                    .isEqualTo(200);
            client.call("new__echo", "{\"message\":1,\"other\":\"" + CANARY + "\"}");
            client.call("Bearer " + CANARY, "{}");
            client.call("old__fail", "{\"rate\":1,\"x\":{\"y\":[\"" + CANARY + "\"]}}");
            client.ask(
                    "prompts/get",
                    "new__test_prompt_with_arguments",
                    "\"name\":\"new__test_prompt_with_arguments\"," + "\"arguments\":{\"arg1\":\"" + CANARY
                            + "\",\"arg2\":\"x\"}",
                    "");
            String uri = "https://u:" + CANARY + "@x/y?token=" + CANARY + "#" + CANARY;
            client.ask("resources/read", uri, "\"uri\":\"" + uri + "\"", "");
            told = admin(gateway, "/metrics") + admin(gateway, "/state");
            gateway.stop();
        } finally {
            root.detachAppender(lines);
            root.setLevel(before);
        }

        assertThat(records("intent")).hasSize(6);
        assertThat(told).doesNotContain(CANARY).doesNotContain("held-by-us");
        assertThat(lines.list).isNotEmpty();
        for (ILoggingEvent line : List.copyOf(lines.list)) {
            assertThat(line.getFormattedMessage() + line.getThrowableProxy()).doesNotContain(CANARY);
        }
        try (Stream<Path> files = Files.walk(directory.resolve("data"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(CANARY)
                        .doesNotContain("held-by-us");
            }
        }
    }

    private Gateway start(String audit) throws IOException {
        Path file = directory.resolve("headgate.yaml");
        Files.writeString(file, """
                listen: 127.0.0.1:0
                admin: 127.0.0.1:0
                data: %s
                mcpServers:
                  new: {url: "%s", headers: {Authorization: Bearer held-by-us}}
                  old: {url: "%s"}
                filters:
                  - audit: %s
                  - timeout: {}
                """.formatted(directory.resolve("data"), modern.url(), legacy.url(), audit));
        Gateway gateway = Gateway.start(ConfigFile.read(file));
        gateways.add(gateway);
        ModernClient client = new ModernClient(gateway.address());
        Await.until("both servers are known", () -> {
            String tools = client.ask("tools/list", "", "", "").result().toString();
            return tools.contains("new__echo") && tools.contains("old__echo");
        });
        return gateway;
    }

    private static String admin(Gateway gateway, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** The traces of the calls that the servers executed. */
    private List<String> executed() throws IOException {
        return Files.readAllLines(ledger).stream()
                .map(line -> JSON.readTree(line).path("traceparent").asString().substring(3, 35))
                .toList();
    }

    private List<JsonNode> records(String type) {
        return new WrittenRecords(directory.resolve("data").resolve("audit")).of(type);
    }

    private static Set<String> all(List<JsonNode> records, String member) {
        Set<String> values = new HashSet<>();
        records.forEach(record -> values.add(record.path(member).asString()));
        return values;
    }
}
