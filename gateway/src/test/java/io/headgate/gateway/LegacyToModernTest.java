package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.demo.Era;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.testkit.Await;
import io.headgate.testkit.EventStream;
import io.headgate.testkit.SessionClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A client with a session before a server that knows none, over sockets, through a whole gateway. */
class LegacyToModernTest {
    private static final Address FREE = new Address("127.0.0.1", 0);

    private static DemoServer server;
    private static Gateway gateway;

    @BeforeAll
    static void start() {
        server = DemoServer.start(DemoServerOptions.builder().era(Era.MODERN).build());
        UpstreamConfig config = new UpstreamConfig(
                "demo",
                URI.create(server.url()),
                UpstreamTransport.HTTP,
                "demo__",
                Map.of(),
                /* isStateless= */ false,
                /* http2PriorKnowledge= */ false,
                /* trustFile= */ null,
                UpstreamLimits.DEFAULT);
        gateway = Gateway.start(Config.of(FREE, FREE, List.of(config)));
        Await.until("the gateway is ready", gateway::isReady);
        assertThat(gateway.isReady()).isTrue();
    }

    @AfterAll
    static void stop() {
        gateway.stop();
        server.stop();
    }

    @Test
    void asksTheClientInTheMiddleOfACall() throws Exception {
        SessionClient client = client();
        try (EventStream events = client.calling("demo__test_input_required_result_elicitation", "{}")) {
            JsonNode question = events.next();
            assertThat(question.get("method").asString()).isEqualTo("elicitation/create");
            assertThat(question.at("/params/message").asString()).isEqualTo("What is your name?");
            client.answer(question, "{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}}");
            JsonNode last = events.next();
            assertThat(text(last)).isEqualTo("Hello, Ada!");
            assertThat(last.get("id").asInt()).isEqualTo(1);
            assertThat(last.get("result").has("resultType")).isFalse();
        }
    }

    @Test
    void asksSeveralThingsAtOnce() throws Exception {
        SessionClient client = client();
        try (EventStream events = client.calling("demo__test_input_required_result_multiple_inputs", "{}")) {
            List<JsonNode> questions = List.of(events.next(), events.next(), events.next());
            for (JsonNode question : questions) {
                client.answer(
                        question,
                        switch (question.get("method").asString()) {
                            case "elicitation/create" -> "{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}}";
                            case "sampling/createMessage" ->
                                "{\"role\":\"assistant\",\"model\":\"m\",\"content\":{\"type\":\"text\",\"text\":\"Hi\"}}";
                            default -> "{\"roots\":[{\"uri\":\"file:///a\"}]}";
                        });
            }
            assertThat(text(events.next())).startsWith("Hi Ada").contains("file:///a");
        }
    }

    @Test
    void goesThroughSeveralRounds() throws Exception {
        SessionClient client = client();
        try (EventStream events = client.calling("demo__test_input_required_result_multi_round", "{}")) {
            client.answer(events.next(), "{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}}");
            client.answer(events.next(), "{\"action\":\"accept\",\"content\":{\"color\":\"blue\"}}");
            assertThat(text(events.next())).isEqualTo("Ada likes blue");
        }
    }

    @Test
    void asksForAPrompt() throws Exception {
        SessionClient client = client();
        try (EventStream events =
                client.stream("prompts/get", "{\"name\":\"demo__test_input_required_result_prompt\"}")) {
            client.answer(events.next(), "{\"action\":\"accept\",\"content\":{\"context\":\"weather\"}}");
            assertThat(events.next().at("/result/messages").size()).isPositive();
        }
    }

    @Test
    void saysWhatTheClientCannotDo() throws Exception {
        SessionClient client = SessionClient.of(gateway.address(), "{\"roots\":{}}");
        JsonNode refused = client.call("demo__test_input_required_result_elicitation", "{}");
        assertThat(refused.at("/result/isError").asBoolean())
                .as(refused.toString())
                .isTrue();
        JsonNode missing = client.call("demo__test_missing_capability", "{}");
        assertThat(missing.at("/result/isError").asBoolean())
                .as(missing.toString())
                .isTrue();
        assertThat(text(missing)).contains("sampling");
    }

    @Test
    void withdrawsTheQuestionsOfACancelledCall() throws Exception {
        SessionClient client = client();
        try (EventStream events = client.calling("demo__test_input_required_result_elicitation", "{}")) {
            JsonNode question = events.next();
            client.tell("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}");
            JsonNode withdrawn = events.next();
            assertThat(withdrawn.get("method").asString()).isEqualTo("notifications/cancelled");
            assertThat(withdrawn.at("/params/requestId")).isEqualTo(question.get("id"));
        }
    }

    @Test
    void repeatsArgumentsInTheFieldsThatTheToolWants() throws Exception {
        JsonNode answer = client().call(
                        "demo__test_custom_headers",
                        "{\"region\":\"Zürich\",\"priority\":7,\"urgent\":true,\"place\":{\"zone\":\" a \"},\"query\":\"q\"}");
        assertThat(text(answer)).startsWith("Called with").contains("Zürich");
    }

    @Test
    void asksForTheLogLevelOfTheSessionWithEachCall() throws Exception {
        SessionClient client = client();
        assertThat(text(client.call("demo__test_logging_tool", "{}"))).contains("successfully");
        assertThat(client.ask("logging/setLevel", "{\"level\":\"info\"}").has("result"))
                .isTrue();
        try (EventStream events = client.calling("demo__test_logging_tool", "{}")) {
            assertThat(events.next().get("method").asString()).isEqualTo("notifications/message");
        }
    }

    @Test
    void keepsTheAnswerOfACallWhoseClientWentAway() throws Exception {
        SessionClient client = client();
        String lastId;
        try (EventStream events = client.calling("demo__chatty", "{\"frames\":4,\"gapMs\":200}")) {
            assertThat(events.next().get("method").asString()).isEqualTo("notifications/progress");
            lastId = events.lastId();
        }
        try (EventStream rest = client.resume(lastId)) {
            JsonNode next = rest.next();
            while (next.has("method")) {
                next = rest.next();
            }
            assertThat(next.has("result")).as(next.toString()).isTrue();
        }
    }

    @Test
    void bringsChangesOfListsToTheStandingStream() throws Exception {
        SessionClient client = client();
        try (EventStream standing = client.standing().opened()) {
            client.call("demo__test_trigger_tool_change", "{}");
            assertThat(standing.next().get("method").asString()).isEqualTo("notifications/tools/list_changed");
        }
    }

    @Test
    void tellsOfTheResourcesThatTheSessionWatches() throws Exception {
        SessionClient client = client();
        String watched = "demo+test://watched-resource";
        String other = "demo+test://static-text";
        try (EventStream standing = client.standing().opened()) {
            assertThat(subscribed(client, watched)).isEqualTo("{}");
            update(client, "test://watched-resource");
            assertThat(standing.next().at("/params/uri").asString()).isEqualTo(watched);
            assertThat(subscribed(client, other)).isEqualTo("{}");
            assertThat(subscribed(client, other)).isEqualTo("{}");
            assertThat(client.ask("resources/unsubscribe", "{\"uri\":\"" + watched + "\"}")
                            .get("result")
                            .isEmpty())
                    .isTrue();
            update(client, "test://watched-resource");
            update(client, "test://static-text");
            assertThat(standing.next().at("/params/uri").asString()).isEqualTo(other);
            JsonNode refused = client.ask("resources/subscribe", "{\"uri\":\"demo+test://nowhere\"}");
            assertThat(refused.at("/error/data/uri").asString())
                    .as(refused.toString())
                    .isEqualTo("demo+test://nowhere");
            client.end();
        }
        awaitNoWatches();
    }

    private static String subscribed(SessionClient client, String uri) throws Exception {
        return client.ask("resources/subscribe", "{\"uri\":\"" + uri + "\"}")
                .path("result")
                .toString();
    }

    private static void update(SessionClient client, String uri) throws Exception {
        assertThat(text(client.call("demo__test_trigger_resource_update", "{\"uri\":\"" + uri + "\"}")))
                .startsWith("Updated");
    }

    private static void awaitNoWatches() {
        HttpRequest metrics = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + "/metrics"))
                .build();
        HttpClient http = HttpClient.newHttpClient();
        Await.until(
                "no resource is watched",
                () -> http.send(metrics, HttpResponse.BodyHandlers.ofString())
                        .body()
                        .contains("headgate_bridge_watched_resources 0.0"));
    }

    private static SessionClient client() throws Exception {
        return SessionClient.of(gateway.address(), SessionClient.ALL);
    }

    private static String text(JsonNode answer) {
        String text = answer.at("/result/content/0/text").asString("");
        assertThat(text).as(answer.toString()).isNotEmpty();
        return text;
    }
}
