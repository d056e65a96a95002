package io.headgate.gateway.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.ModernClient;
import io.headgate.testkit.ModernClient.Answer;
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
        ModernClient client = Clients.modern(SERVER);

        String params = ModernClient.params("echo", "{\"message\":\"gr\\u00fc\\u00df\\n\"}");
        HttpResponse<String> response = client.exchange(
                client.request("\"a\\\"b\"", "tools/call", "echo", params, "").build());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body())
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"result\":{\"content\":[{\"type\":\"text\","
                        + "\"text\":\"grüß\\n\"}],\"resultType\":\"complete\",\"_meta\":{"
                        + "\"io.modelcontextprotocol/serverInfo\":{\"name\":\"demo\","
                        + "\"title\":\"Headgate reference server\",\"version\":\"0\"}}}}");
    }

    @Test
    void answersALegacyCallBriefly() {
        JsonNode answer = Clients.legacy(SERVER).call("echo", "{\"message\":\"hello\"}");

        assertThat(answer)
                .hasToString("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\","
                        + "\"text\":\"hello\"}]}}");
    }

    @Test
    void refusesACallWithoutAMessage() {
        JsonNode answer = Clients.modern(SERVER).call("echo", "{}").last();

        assertThat(answer.path("error"))
                .hasToString("{\"code\":-32602,\"message\":\"message: missing (expected: string)\"}");
    }

    @Test
    void failsWithTheStatusThatIsAskedFor() {
        Answer answer = Clients.modern(SERVER).call("fail", "{\"rate\":1,\"status\":500}");

        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.last().path("error")).hasToString("{\"code\":-32603,\"message\":\"Failed as asked\"}");
    }
}
