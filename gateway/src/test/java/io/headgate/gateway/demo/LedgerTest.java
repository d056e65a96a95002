package io.headgate.gateway.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.ModernClient;
import io.headgate.testkit.SessionClient;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class LedgerTest {
    @TempDir
    Path directory;

    private Path file;
    private DemoServer server;

    @BeforeEach
    void start() {
        file = directory.resolve("ledger.jsonl");
        server = DemoServer.start(DemoServerOptions.builder().ledger(file).build());
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    @Test
    void holdsTheCallBeforeTheAnswerArrives() throws IOException {
        ModernClient client = Clients.modern(server);
        for (int i = 1; i <= 50; i++) {
            assertThat(client.call("echo", "{\"message\":\"" + i + "\"}").last().has("result"))
                    .isTrue();
            assertThat(Files.readAllLines(file)).hasSize(i);
        }
    }

    @Test
    void namesTheToolTheBytesOfItsArgumentsAndTheTrace() throws IOException {
        String arguments = "{ \"message\" : 1.0e1, \"message2\":\"\\u0041\" }";
        Clients.modern(server).call("test_custom_headers", arguments);
        SessionClient client = Clients.legacy(server);
        client.post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\","
                + "\"arguments\":{\"message\":\"x\"},\"_meta\":{\"traceparent\":\"00-1-2-01\"}}}");

        List<String> lines = Files.readAllLines(file);
        JsonNode first = ModernClient.json(lines.get(0));
        assertThat(first.path("tool").stringValue()).isEqualTo("test_custom_headers");
        assertThat(first.path("argumentsSha256").stringValue()).isEqualTo(sha256(arguments));
        assertThat(first.path("traceparent").isNull()).isTrue();
        JsonNode second = ModernClient.json(lines.get(1));
        assertThat(second.path("argumentsSha256").stringValue()).isEqualTo(sha256("{\"message\":\"x\"}"));
        assertThat(second.path("traceparent").stringValue()).isEqualTo("00-1-2-01");
    }

    @Test
    void holdsNothingThatWasNotExecuted() throws IOException {
        ModernClient client = Clients.modern(server);
        client.call("nosuch", "{}");
        client.call("sleep", "{\"ms\":-1}");
        client.ask("tools/list");
        String params = ModernClient.params("append", "{\"text\":\"x\"}");
        client.exchange(client.plain()
                .header("MCP-Protocol-Version", "2026-07-28")
                .POST(BodyPublishers.ofString(client.message(1, "tools/call", params, "")))
                .build());

        assertThat(Files.readAllLines(file)).isEmpty();
    }

    private static String sha256(String text) {
        return HexFormat.of().formatHex(Signer.sha256(Json.utf8(text)));
    }
}
