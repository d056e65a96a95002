package io.headgate.gateway.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class EchoTest {
    private static final DemoServer SERVER =
            DemoServer.start(DemoServerOptions.builder().build());

    @AfterAll
    static void stop() {
        SERVER.stop();
    }

    @Test
    void answersAModernCallCompletely() {
        DemoClient client = DemoClient.modern(SERVER);

        HttpResponse<String> response = client.send(client.request(
                "\"a\\\"b\"", "tools/call", "{\"name\":\"echo\",\"arguments\":{\"message\":\"gr\\u00fc\\u00df\\n\"}}"));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body())
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"result\":{\"content\":[{\"type\":\"text\","
                        + "\"text\":\"grüß\\n\"}],\"resultType\":\"complete\",\"_meta\":{"
                        + "\"io.modelcontextprotocol/serverInfo\":{\"name\":\"demo\","
                        + "\"title\":\"Headgate reference server\",\"version\":\"0\"}}}}");
    }

    @Test
    void answersALegacyCallBriefly() {
        JsonNode answer = DemoClient.legacy(SERVER).call("echo", "{\"message\":\"hello\"}");

        assertThat(answer)
                .hasToString("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\","
                        + "\"text\":\"hello\"}]}}");
    }

    @Test
    void refusesACallWithoutAMessage() {
        JsonNode answer = DemoClient.modern(SERVER).call("echo", "{}");

        assertThat(answer.path("error"))
                .hasToString("{\"code\":-32602,\"message\":\"message: missing (expected: string)\"}");
    }

    @Test
    void failsWithTheStatusThatIsAskedFor() {
        DemoClient client = DemoClient.modern(SERVER);

        HttpResponse<String> response = client.send(
                client.request(1, "tools/call", "{\"name\":\"fail\",\"arguments\":{\"rate\":1,\"status\":500}}"));

        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(DemoClient.json(response.body()).path("error"))
                .hasToString("{\"code\":-32603,\"message\":\"Failed as asked\"}");
    }
}
