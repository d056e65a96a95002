package io.headgate.gateway.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.ModernClient;
import io.headgate.testkit.ModernClient.Answer;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class EnvelopeTest {
    private static final String INITIALIZE =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\"}}";
    private static final DemoServer SERVER =
            DemoServer.start(DemoServerOptions.builder().build());

    private final ModernClient client = Clients.modern(SERVER);

    @AfterAll
    static void stop() {
        SERVER.stop();
    }

    @Test
    void aModernInitializeIsAnUnknownMethod() {
        assertThat(refused(client.request(1, "initialize", "", "", "").build(), 404))
                .isEqualTo(-32601);
    }

    @Test
    void aHeaderThatDisagreesIsRefused() {
        HttpRequest request = client.plain()
                .header("MCP-Protocol-Version", "2025-11-25")
                .POST(BodyPublishers.ofString(client.message(1, "tools/list", "", "")))
                .build();
        assertThat(refused(request, 400)).isEqualTo(-32020);
    }

    @Test
    void aHeaderThatIsGivenTwiceIsRefused() {
        HttpRequest request = client.request(1, "tools/call", "echo", "\"name\":\"echo\"", "")
                .header("Mcp-Name", "echo")
                .build();
        assertThat(refused(request, 400)).isEqualTo(-32020);
    }

    @ParameterizedTest
    @CsvSource({
        "Mcp-Param-Priority, 42.0, 200",
        "Mcp-Param-Priority, 41, 400",
        "Mcp-Param-Priority, =?base64?NDI=?=, 200",
        "Mcp-Param-Priority, =?base64?NDI?=, 400",
        "Mcp-Param-Zone, 42, 400",
        "Mcp-Param-Other, 42, 400",
    })
    void anArgumentWithAHeaderIsComparedByValue(String header, String value, int status) {
        HttpRequest request = client.request(
                        1,
                        "tools/call",
                        "test_custom_headers",
                        ModernClient.params("test_custom_headers", "{\"priority\":42}"),
                        "")
                .header(header, value)
                .build();
        assertThat(client.exchange(request).statusCode()).isEqualTo(status);
    }

    @Test
    void aStateThatBelongsToAnotherRequestIsRefused() {
        Answer asked = client.call("test_input_required_result_request_state", "{}");

        Answer answer = client.call(
                "test_input_required_result_tampered_state",
                "{}",
                asked,
                "{\"confirm\":{\"action\":\"accept\",\"content\":{\"ok\":true}}}");

        assertThat(answer.last().path("error").path("code").intValue()).isEqualTo(-32602);
    }

    @Test
    void aModernServerNamesItsVersionsToALegacyClient() {
        try (DemoServer server =
                DemoServer.start(DemoServerOptions.builder().era(Era.MODERN).build())) {
            HttpResponse<String> response = Clients.modern(server).post(INITIALIZE);

            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(ModernClient.json(response.body()).path("error"))
                    .hasToString("{\"code\":-32022,\"message\":\"Unsupported protocol version: 2025-11-25\","
                            + "\"data\":{\"supported\":[\"2026-07-28\"],\"requested\":\"2025-11-25\"}}");
        }
    }

    @Test
    void aLegacyServerDoesNotKnowWhatAModernClientWants() {
        try (DemoServer server =
                DemoServer.start(DemoServerOptions.builder().era(Era.LEGACY).build())) {
            ModernClient stranger = Clients.modern(server);
            assertThat(refused(
                            stranger.request(1, "server/discover", "", "", "").build(), 400))
                    .isEqualTo(-32000);
        }
    }

    @Test
    void aPageOfAnotherHostIsRefused() {
        HttpRequest request = client.request(1, "server/discover", "", "", "")
                .header("Origin", "http://evil.example.com")
                .build();
        assertThat(client.exchange(request).statusCode()).isEqualTo(403);
    }

    @Test
    void listsAreCutIntoPages() {
        try (DemoServer server =
                DemoServer.start(DemoServerOptions.builder().pageSize(3).build())) {
            ModernClient paged = Clients.modern(server);
            JsonNode first = paged.ask("resources/list").result();
            JsonNode second = paged.ask("resources/list", "", "\"cursor\":" + first.path("nextCursor"), "")
                    .result();

            assertThat(first.path("resources").size()).isEqualTo(3);
            assertThat(second.path("resources").size()).isEqualTo(1);
            assertThat(second.has("nextCursor")).isFalse();
            assertThat(paged.ask("tools/list", "", "\"cursor\":" + first.path("nextCursor"), "")
                            .last()
                            .path("error")
                            .path("message")
                            .stringValue())
                    .isEqualTo("Invalid cursor");
        }
    }

    private int refused(HttpRequest request, int status) {
        HttpResponse<String> response = client.exchange(request);
        assertThat(response.statusCode()).isEqualTo(status);
        return ModernClient.json(response.body()).path("error").path("code").intValue();
    }
}
