package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.SessionClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.HttpProtocol;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What clients of each revision see of a limit, over sockets. */
class RateLimitTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String CALL = SessionClient.callMessage(7, "demo__echo", "{\"message\":\"hi\"}");
    private static final String TEXT = "too many requests (limit: tool)";

    private final DemoServer server =
            DemoServer.start(DemoServerOptions.builder().build());
    private LimitedGateway limited;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        limited = new LimitedGateway(
                directory, server, "{limits: [{per: tool, rate: 1/h, burst: 1, tools: ['demo__ec*']}]}");
        assertThat(limited.call("/mcp", "demo__echo").join().statusCode()).isEqualTo(200);
    }

    @AfterEach
    void stop() {
        limited.close();
        server.stop();
    }

    @Test
    void tellsAClientOfTheNewerEra() {
        HttpResponse<String> answer = limited.call("/mcp", "demo__echo").join();
        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        assertRetryAfter(answer.headers().firstValue("retry-after").orElse(""));
        assertRefusal(MAPPER.readTree(answer.body()));
        // Other tools go on.
        assertThat(limited.call("/mcp", "demo__add").join().statusCode()).isNotEqualTo(429);
    }

    @Test
    void knowsTheToolAtTheDoorOfItsServer() {
        assertRefusal(MAPPER.readTree(limited.call("/mcp/demo", "echo").join().body()));
    }

    @Test
    void tellsAClientOverHttp2() {
        String[] retryAfter = {""};
        String body = reactor.netty.http.client.HttpClient.create()
                .protocol(HttpProtocol.H2C)
                .headers(fields -> fields.set("Content-Type", "application/json")
                        .set("Accept", "application/json, text/event-stream")
                        .set("MCP-Protocol-Version", "2026-07-28")
                        .set("Mcp-Method", "tools/call")
                        .set("Mcp-Name", "demo__echo"))
                .post()
                .uri(limited.uri("/mcp"))
                .send(ByteBufFlux.fromString(Mono.just(
                        limited.modern("/mcp").message(7, "tools/call", LimitedGateway.params("demo__echo"), ""))))
                .responseSingle((head, content) -> {
                    assertThat(head.version().text()).isEqualTo("HTTP/2.0");
                    assertThat(head.status().code()).isEqualTo(429);
                    retryAfter[0] = head.responseHeaders().get("retry-after");
                    return content.asString();
                })
                .block(ModernClient.PATIENCE);
        assertRetryAfter(retryAfter[0]);
        assertRefusal(MAPPER.readTree(body));
    }

    @Test
    void tellsAClientWithASession() {
        SessionClient client = SessionClient.open(limited.uri("/mcp"));
        HttpResponse<String> answer = client.post(CALL);
        // Its SDK would take another status for the end of the connection.
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        assertThat(answer.headers().firstValue("retry-after")).isEmpty();
        assertRefusal(MAPPER.readTree(answer.body()));
    }

    @Test
    void tellsAClientOverHttpAndSse() throws Exception {
        HttpResponse<Stream<String>> stream = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(limited.uri("/sse"))
                                .header("Accept", "text/event-stream")
                                .timeout(ModernClient.PATIENCE)
                                .build(),
                        BodyHandlers.ofLines());
        try (Stream<String> lines = stream.body()) {
            Iterator<String> data = lines.filter(line -> line.startsWith("data: "))
                    .map(line -> line.substring(6))
                    .iterator();
            URI messages = limited.uri("/sse").resolve(data.next());
            ModernClient poster = new ModernClient(messages);
            assertThat(poster.post(SessionClient.initialize("2024-11-05", "{}")).statusCode())
                    .isEqualTo(202);
            assertThat(MAPPER.readTree(data.next()).has("result")).isTrue();
            assertThat(poster.post(CALL).statusCode()).isEqualTo(202);
            assertRefusal(MAPPER.readTree(data.next()));
        }
    }

    @Test
    void refusesToOpenSessionsToo(@TempDir Path directory) throws Exception {
        try (LimitedGateway closed =
                new LimitedGateway(directory, server, "{limits: [{per: address, rate: 1/h, burst: 1}]}")) {
            ModernClient stranger = closed.modern("/mcp");
            String initialize = SessionClient.initialize("2025-11-25", "{}");
            assertThat(stranger.post(initialize).statusCode()).isEqualTo(200);
            HttpResponse<String> answer = stranger.post(initialize);
            assertThat(answer.statusCode()).isEqualTo(429);
            assertRetryAfter(answer.headers().firstValue("retry-after").orElse(""));
            assertThat(answer.body()).contains("\"code\":1429").contains("(limit: address)");
            assertThat(closed.admin("/metrics"))
                    .contains("headgate_rate_limited_total{limit=\"address\"} 1")
                    .contains("headgate_mcp_rejected_total{reason=\"sessions_per_principal\"} 0");
        }
    }

    @Test
    void showsWhatItDoes() {
        var unused = limited.call("/mcp", "demo__echo").join();
        assertThat(limited.admin("/metrics"))
                .contains("headgate_rate_limited_total{limit=\"tool\"} 1")
                .contains("headgate_ratelimit_decisions_total{source=\"local\"}")
                .contains("headgate_ratelimit_keys{limit=\"tool\"} 1")
                .contains("headgate_ratelimit_evictions_total{limit=\"tool\"} 0");
        JsonNode state = MAPPER.readTree(limited.admin("/state"));
        assertThat(state.at("/filters/0/state/limits/0").toString())
                .isEqualTo(
                        "{\"name\":\"tool\",\"per\":\"tool\",\"rate\":\"1/h\",\"burst\":1,\"keys\":1,\"refused\":1}");
    }

    private static void assertRefusal(JsonNode message) {
        assertThat(message.get("id").asInt()).isEqualTo(7);
        assertThat(message.at("/error/code").asInt()).isEqualTo(1429);
        assertThat(message.at("/error/message").asString()).isEqualTo(TEXT);
        assertThat(message.at("/error/data/retryAfterMs").asLong()).isBetween(3_500_000L, 3_600_000L);
    }

    private static void assertRetryAfter(String seconds) {
        assertThat(Long.parseLong(seconds)).isBetween(3_500L, 3_600L);
    }
}
