package io.headgate.gateway.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import io.headgate.testkit.EventStream;
import io.headgate.testkit.SessionClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(20)
class SessionTest {
    private static final DemoServer SERVER =
            DemoServer.start(DemoServerOptions.builder().build());

    @AfterAll
    static void stop() {
        SERVER.stop();
    }

    @Test
    void isGoneAfterDelete() {
        SessionClient client = Clients.legacy(SERVER);
        assertThat(client.ask("ping", "{}").path("result").isObject()).isTrue();

        client.end();

        HttpResponse<String> late = client.exchange(client.request(1, "ping", "{}"));
        assertThat(late.statusCode()).isEqualTo(404);
        assertThat(late.body())
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,"
                        + "\"message\":\"Session not found\"}}");
    }

    @Test
    void expiresWhenNobodyUsesIt() {
        DemoServerOptions options =
                DemoServerOptions.builder().sessionIdle(Duration.ofMillis(40)).build();
        try (DemoServer server = DemoServer.start(options)) {
            SessionClient client = Clients.legacy(server);
            Await.until("the session expires", () -> server.sessions() == 0);
            assertThat(client.exchange(client.request(1, "ping", "{}")).statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void isNeverOneTooMany() {
        try (DemoServer server =
                DemoServer.start(DemoServerOptions.builder().maxSessions(1).build())) {
            var unused = Clients.legacy(server);
            HttpResponse<String> second = Clients.modern(server)
                    .post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}");
            assertThat(second.statusCode()).isEqualTo(503);
        }
    }

    @Test
    void asksOnTheStreamOfTheCallAndTakesTheAnswerFromAPost() {
        SessionClient client = Clients.legacy(SERVER);
        try (EventStream events = client.stream(client.request(
                1, "tools/call", "{\"name\":\"test_elicitation\",\"arguments\":{\"message\":\"Who?\"}}"))) {
            JsonNode question = events.next();
            assertThat(question.path("method").stringValue()).isEqualTo("elicitation/create");

            HttpResponse<String> posted = client.post("{\"jsonrpc\":\"2.0\",\"id\":" + question.path("id")
                    + ",\"result\":{\"action\":\"accept\",\"content\":{\"username\":\"ada\"}}}");

            assertThat(posted.statusCode()).isEqualTo(202);
            assertThat(text(events.next())).isEqualTo("User response: action=accept, content={\"username\":\"ada\"}");
        }
    }

    @Test
    void deliversTheRestToAClientThatComesBack() {
        SessionClient client = Clients.legacy(SERVER);
        String id;
        try (EventStream events = client.stream(client.request(1, "tools/call", "{\"name\":\"test_reconnection\"}"))) {
            assertThat(events.ended()).isTrue();
            id = events.lastId();
        }
        HttpRequest again = client.plain().header("Last-Event-ID", id).GET().build();
        try (EventStream events = client.stream(again)) {
            assertThat(text(events.next())).isEqualTo("Reconnection test completed successfully");
            assertThat(events.ended()).isTrue();
        }
        assertThat(client.exchange(again).statusCode()).isEqualTo(400);
    }

    @Test
    void hasOneStreamForWhatNobodyAskedFor() {
        SessionClient client = Clients.legacy(SERVER);
        try (EventStream events = client.standing().opened()) {
            assertThat(client.exchange(client.plain().GET().build()).statusCode())
                    .isEqualTo(409);
            client.ask("resources/subscribe", "{\"uri\":\"demo://journal\"}");

            client.call("append", "{\"text\":\"line\"}");
            client.call("test_trigger_prompt_change", "{}");

            JsonNode updated = events.next();
            assertThat(updated.path("method").stringValue()).isEqualTo("notifications/resources/updated");
            assertThat(updated.path("params")).hasToString("{\"uri\":\"demo://journal\"}");
            assertThat(events.next().path("method").stringValue()).isEqualTo("notifications/prompts/list_changed");
        }
    }

    @Test
    void answersABatchOnlyInTheRevisionThatHasThem() {
        String batch = "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"},"
                + "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"},"
                + "{\"jsonrpc\":\"2.0\",\"id\":\"b\",\"method\":\"nosuch\"}]";

        assertThat(Clients.legacy(SERVER, "2025-03-26").post(batch).body())
                .isEqualTo("[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}},{\"jsonrpc\":\"2.0\",\"id\":\"b\","
                        + "\"error\":{\"code\":-32601,\"message\":\"Method not found: nosuch\"}}]");
        assertThat(Clients.legacy(SERVER, "2025-06-18").post(batch).statusCode())
                .isEqualTo(400);
    }

    private static String text(JsonNode answer) {
        return answer.path("result").path("content").path(0).path("text").asString("");
    }
}
