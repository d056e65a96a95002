package io.headgate.gateway.demo;

import static org.assertj.core.api.Assertions.assertThat;

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

    private final DemoClient client = DemoClient.modern(SERVER);

    @AfterAll
    static void stop() {
        SERVER.stop();
    }

    @Test
    void aModernInitializeIsAnUnknownMethod() {
        assertThat(refused(client.request(1, "initialize", "{}"), 404)).isEqualTo(-32601);
    }

    @Test
    void aHeaderThatDisagreesIsRefused() {
        HttpRequest request = client.plain()
                .header("MCP-Protocol-Version", "2025-11-25")
                .POST(BodyPublishers.ofString(DemoClient.modernBody(1, "tools/list", "{}")))
                .build();
        assertThat(refused(request, 400)).isEqualTo(-32020);
    }

    @Test
    void aHeaderThatIsGivenTwiceIsRefused() {
        HttpRequest request = client.modernRequest(1, "tools/call", "{\"name\":\"echo\"}")
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
        HttpRequest request = client.modernRequest(
                        1, "tools/call", "{\"name\":\"test_custom_headers\",\"arguments\":{\"priority\":42}}")
                .header(header, value)
                .build();
        assertThat(client.send(request).statusCode()).isEqualTo(status);
    }

    @Test
    void aStateThatBelongsToAnotherRequestIsRefused() {
        JsonNode asked = client.call("test_input_required_result_request_state", "{}");
        String state = asked.path("result").path("requestState").stringValue();

        JsonNode answer = client.ask(
                "tools/call",
                "{\"name\":\"test_input_required_result_tampered_state\",\"arguments\":{},"
                        + "\"inputResponses\":{\"confirm\":{\"action\":\"accept\",\"content\":{\"ok\":true}}},"
                        + "\"requestState\":\"" + state + "\"}");

        assertThat(answer.path("error").path("code").intValue()).isEqualTo(-32602);
    }

    @Test
    void aModernServerNamesItsVersionsToALegacyClient() {
        try (DemoServer server =
                DemoServer.start(DemoServerOptions.builder().era(Era.MODERN).build())) {
            HttpResponse<String> response = DemoClient.modern(server).post(INITIALIZE);

            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(DemoClient.json(response.body()).path("error"))
                    .hasToString("{\"code\":-32022,\"message\":\"Unsupported protocol version: 2025-11-25\","
                            + "\"data\":{\"supported\":[\"2026-07-28\"],\"requested\":\"2025-11-25\"}}");
        }
    }

    @Test
    void aLegacyServerDoesNotKnowWhatAModernClientWants() {
        try (DemoServer server =
                DemoServer.start(DemoServerOptions.builder().era(Era.LEGACY).build())) {
            DemoClient stranger = DemoClient.modern(server);
            assertThat(refused(stranger.request(1, "server/discover", "{}"), 400))
                    .isEqualTo(-32000);
        }
    }

    @Test
    void aPageOfAnotherHostIsRefused() {
        HttpRequest request = client.modernRequest(1, "server/discover", "{}")
                .header("Origin", "http://evil.example.com")
                .build();
        assertThat(client.send(request).statusCode()).isEqualTo(403);
    }

    @Test
    void listsAreCutIntoPages() {
        try (DemoServer server =
                DemoServer.start(DemoServerOptions.builder().pageSize(3).build())) {
            DemoClient paged = DemoClient.modern(server);
            JsonNode first = paged.ask("resources/list", "{}").path("result");
            JsonNode second = paged.ask("resources/list", "{\"cursor\":" + first.path("nextCursor") + "}")
                    .path("result");

            assertThat(first.path("resources").size()).isEqualTo(3);
            assertThat(second.path("resources").size()).isEqualTo(1);
            assertThat(second.has("nextCursor")).isFalse();
            assertThat(paged.ask("tools/list", "{\"cursor\":" + first.path("nextCursor") + "}")
                            .path("error")
                            .path("message")
                            .stringValue())
                    .isEqualTo("Invalid cursor");
        }
    }

    private int refused(HttpRequest request, int status) {
        HttpResponse<String> response = client.send(request);
        assertThat(response.statusCode()).isEqualTo(status);
        return DemoClient.json(response.body()).path("error").path("code").intValue();
    }
}
