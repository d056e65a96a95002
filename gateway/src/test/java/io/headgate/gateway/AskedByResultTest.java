package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.demo.Era;
import io.headgate.gateway.testkit.GatewayMetrics;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.testkit.Await;
import io.headgate.testkit.EventStream;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.ModernClient.Answer;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A client of 2026-07-28 before a server with sessions that asks in the middle of its calls. */
class AskedByResultTest {
    private static final Address FREE = new Address("127.0.0.1", 0);

    private final DemoServer server =
            DemoServer.start(DemoServerOptions.builder().era(Era.LEGACY).build());
    private final Gateway gateway = Gateway.start(Config.of(
            FREE,
            FREE,
            List.of(new UpstreamConfig(
                    "u",
                    URI.create(server.url()),
                    UpstreamTransport.HTTP,
                    /* prefix= */ "",
                    Map.of(),
                    /* isStateless= */ false,
                    /* http2PriorKnowledge= */ false,
                    /* trustFile= */ null,
                    UpstreamLimits.DEFAULT))));
    private final ModernClient client = new ModernClient(gateway.address());
    private final GatewayMetrics metrics = new GatewayMetrics(gateway);

    @BeforeEach
    void waitUntilReady() {
        Await.until("the gateway is ready", gateway::isReady);
    }

    @AfterEach
    void stop() {
        gateway.stop();
        server.stop();
    }

    @Test
    void elicits() {
        Answer first = client.call("test_elicitation", "{\"message\":\"who?\"}");
        assertThat(first.asked()).hasSize(1);
        JsonNode request =
                first.result().path("inputRequests").path(first.asked().get(0));
        assertThat(request.path("method").asString()).isEqualTo("elicitation/create");
        assertThat(request.path("params").path("message").asString()).isEqualTo("who?");
        assertThat(metric("headgate_calls_parked")).isOne();
        assertThat(metric("headgate_requests_active")).isZero();

        String yes = "{\"q1\":{\"action\":\"accept\",\"content\":{\"username\":\"a\",\"email\":\"b\"}}}";
        Answer second = client.call("test_elicitation", "{\"message\":\"who?\"}", first, yes);
        assertThat(second.text()).contains("action=accept").contains("\"username\":\"a\"");
        assertThat(second.result().path("resultType").asString()).isEqualTo("complete");

        Answer replayed = client.call("test_elicitation", "{\"message\":\"who?\"}", first, yes);
        assertThat(replayed.last().path("error").path("code").asInt()).isEqualTo(-32602);
        assertThat(metric("headgate_calls_parked")).isZero();
    }

    @Test
    void passesOnWhatTheUserDeclines() {
        Answer first = client.call("test_elicitation", "{\"message\":\"who?\"}");
        Answer second =
                client.call("test_elicitation", "{\"message\":\"who?\"}", first, "{\"q1\":{\"action\":\"decline\"}}");
        assertThat(second.text()).contains("action=decline");
    }

    @Test
    void samplesAndListsRoots() {
        Answer sampling = client.call("test_input_required_result_sampling", "{}");
        Answer said = client.call(
                "test_input_required_result_sampling",
                "{}",
                sampling,
                "{\"q1\":{\"role\":\"assistant\",\"model\":\"m\",\"content\":{\"type\":\"text\",\"text\":\"Paris\"}}}");
        assertThat(said.text()).isEqualTo("Paris");

        Answer roots = client.call("test_input_required_result_list_roots", "{}");
        Answer listed = client.call(
                "test_input_required_result_list_roots", "{}", roots, "{\"q1\":{\"roots\":[{\"uri\":\"file:///r\"}]}}");
        assertThat(listed.text()).contains("file:///r");
    }

    @Test
    void asksSeveralThingsAtOnceAndSeveralTimes() {
        String three = "test_input_required_result_multiple_inputs";
        Answer first = client.call(three, "{}");
        assertThat(first.asked()).hasSize(3);
        Answer second = client.call(three, "{}", first, answers(first.result().path("inputRequests"), 2));
        assertThat(second.asked()).containsExactly(first.asked().get(2));
        Answer third = client.call(three, "{}", second, answers(second.result().path("inputRequests"), 1));
        assertThat(third.text()).isEqualTo("Paris Ada, roots: [{\"uri\":\"file:///r\"}]");

        String rounds = "test_input_required_result_multi_round";
        Answer name = client.call(rounds, "{}");
        Answer color =
                client.call(rounds, "{}", name, "{\"q1\":{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}}}");
        assertThat(color.asked()).containsExactly("q2");
        Answer done =
                client.call(rounds, "{}", color, "{\"q2\":{\"action\":\"accept\",\"content\":{\"color\":\"red\"}}}");
        assertThat(done.text()).isEqualTo("Ada likes red");
    }

    @Test
    void reportsProgressUnderTheTokenOfEachRound() {
        String tool = "test_streaming_elicitation";
        Answer first = client.ask(
                "tools/call", tool, "\"name\":\"" + tool + "\",\"arguments\":{}", "\"progressToken\":\"one\"");
        assertThat(first.messages()).hasSize(2);
        assertThat(first.messages().get(0).path("params").path("progressToken").asString())
                .isEqualTo("one");
        Answer second = client.call(
                tool, "{}", first, "{\"q1\":{\"action\":\"accept\",\"content\":{\"ok\":true}}}", "\"progressToken\":2");
        assertThat(second.text()).contains("action=accept");
    }

    @Test
    void givesLogMessagesToWhoWantsThem() {
        String tool = "test_tool_with_logging";
        String params = "\"name\":\"" + tool + "\",\"arguments\":{}";
        assertThat(client.ask("tools/call", tool, params, "").messages()).hasSize(1);
        String info = "\"io.modelcontextprotocol/logLevel\":\"info\"";
        String error = "\"io.modelcontextprotocol/logLevel\":\"error\"";
        assertThat(client.ask("tools/call", tool, params, info).messages()).hasSize(4);
        assertThat(client.ask("tools/call", tool, params, error).messages()).hasSize(1);
        assertThat(client.ask("tools/call", tool, params, info).messages()).hasSize(4);
        // All of them one after another in one session, besides the gateway's own.
        assertThat(metric("headgate_upstream_sessions")).isEqualTo(2);
    }

    @Test
    void givesEachCallASessionOfItsOwn() {
        List<CompletableFuture<Answer>> calls = List.of(sleep(), sleep(), sleep());
        Await.until("each call has a session", () -> metric("headgate_upstream_sessions") >= 4);
        calls.forEach(CompletableFuture::join);
        sleep().join();
        assertThat(metric("headgate_upstream_sessions")).isEqualTo(4);
    }

    @Test
    void endsTheSessionOfACallWhoseClientIsGone() {
        CompletableFuture<Answer> call =
                client.send("tools/call", "sleep", "\"name\":\"sleep\",\"arguments\":{\"ms\":50000}", "");
        Await.until(
                "the call has a session",
                () -> metric("headgate_requests_active") == 1 && metric("headgate_upstream_sessions") == 2);
        call.cancel(true);
        Await.until("the session of the call is ended", () -> metric("headgate_upstream_sessions") == 1);
    }

    @Test
    void listens() {
        try (EventStream stream = client.open(
                "subscriptions/listen",
                "\"notifications\":{\"toolsListChanged\":true,"
                        + "\"resourceSubscriptions\":[\"test://watched-resource\"]}")) {
            assertThat(stream.next().toString())
                    .contains("subscriptions/acknowledged")
                    .contains("\"toolsListChanged\":true")
                    .contains("test://watched-resource");
            client.call("test_trigger_resource_update", "{}");
            // The lists of a server that has just been heard for the first time are changed ones, too.
            assertThat(nextOf("notifications/resources/updated", stream))
                    .contains("\"uri\":\"test://watched-resource\"")
                    .contains("io.modelcontextprotocol/subscriptionId");
            client.call("test_trigger_tool_change", "{}");
            assertThat(nextOf("notifications/tools/list_changed", stream)).isNotEmpty();
        }
        Await.until("no subscription is left", () -> metric("headgate_subscriptions_active") == 0);
    }

    private static String nextOf(String method, EventStream events) {
        while (true) {
            String event = events.next().toString();
            if (event.contains(method)) {
                return event;
            }
        }
    }

    private CompletableFuture<Answer> sleep() {
        return client.send("tools/call", "sleep", "\"name\":\"sleep\",\"arguments\":{\"ms\":300}", "");
    }

    /** Answers to the first requests, each of its kind. */
    private static String answers(JsonNode requests, int count) {
        StringBuilder answers = new StringBuilder();
        requests.properties().stream().limit(count).forEach(request -> {
            String answer = switch (request.getValue().path("method").asString()) {
                case "sampling/createMessage" ->
                    "{\"role\":\"assistant\",\"model\":\"m\",\"content\":{\"type\":\"text\",\"text\":\"Paris\"}}";
                case "roots/list" -> "{\"roots\":[{\"uri\":\"file:///r\"}]}";
                default -> "{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}}";
            };
            answers.append(answers.isEmpty() ? "{" : ",")
                    .append("\"" + request.getKey() + "\":")
                    .append(answer);
        });
        return answers.append("}").toString();
    }

    private double metric(String name) {
        return metrics.get(name);
    }
}
