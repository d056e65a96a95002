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
import io.headgate.testkit.SessionClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Clients of both eras before a server that speaks both: no bridge stands between any of them and the server. */
class BothErasOverTheWireTest {
    private static final Address FREE = new Address("127.0.0.1", 0);

    private final DemoServer server =
            DemoServer.start(DemoServerOptions.builder().era(Era.BOTH).build());
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
    void aLegacyClientHasASessionOfItsOwnThere() throws Exception {
        SessionClient client = SessionClient.of(gateway.address(), SessionClient.ALL);
        try (EventStream events = client.calling("test_elicitation", "{\"message\":\"who?\"}")) {
            JsonNode question = events.next();
            assertThat(question.get("method").asString()).isEqualTo("elicitation/create");
            client.answer(question, "{\"action\":\"accept\",\"content\":{\"username\":\"a\",\"email\":\"b\"}}");
            assertThat(events.next().at("/result/content/0/text").asString()).contains("action=accept");
        }
        assertThat(metrics.get("headgate_upstream_sessions")).isOne();
        assertThat(metrics.get("headgate_bridge_rounds_total")).isZero();

        SessionClient other = SessionClient.of(gateway.address(), SessionClient.ALL);
        other.call("echo", "{\"message\":\"hi\"}");
        assertThat(metrics.get("headgate_upstream_sessions")).isEqualTo(2);
        client.end();
        Await.until("sessions are counted", () -> metrics.get("headgate_upstream_sessions") == 1);
    }

    @Test
    void aLegacyClientHearsProgressLogMessagesAndUpdates() throws Exception {
        SessionClient client = SessionClient.of(gateway.address(), SessionClient.ALL);
        assertThat(client.ask("logging/setLevel", "{\"level\":\"info\"}").has("result"))
                .isTrue();
        try (EventStream events = client.calling("test_tool_with_logging", "{}")) {
            assertThat(events.next().get("method").asString()).isEqualTo("notifications/message");
        }
        try (EventStream events = client.calling("test_tool_with_progress", "{}")) {
            JsonNode progress = events.next();
            assertThat(progress.get("method").asString()).isEqualTo("notifications/progress");
            assertThat(progress.at("/params/progressToken").asString()).isEqualTo("t");
        }
        try (EventStream standing = client.standing().opened()) {
            String uri = "{\"uri\":\"test://watched-resource\"}";
            assertThat(client.ask("resources/subscribe", uri).has("result")).isTrue();
            assertThat(metrics.get("headgate_bridge_watched_resources")).isZero();
            client.call("test_trigger_resource_update", uri);
            assertThat(next(standing, "notifications/resources/updated")
                            .at("/params/uri")
                            .asString())
                    .isEqualTo("test://watched-resource");
            client.call("test_trigger_tool_change", "{}");
            assertThat(next(standing, "notifications/tools/list_changed").has("method"))
                    .isTrue();
        }
    }

    /** The next message of a method; that lists may have changed is also said when the second era was found late. */
    private static JsonNode next(EventStream events, String method) throws Exception {
        JsonNode message = events.next();
        while (!message.get("method").asString().equals(method)) {
            assertThat(message.get("method").asString()).endsWith("/list_changed");
            message = events.next();
        }
        return message;
    }

    @Test
    void aModernClientIsAskedByTheServerItself() {
        ModernClient client = new ModernClient(gateway.address());
        String tool = "test_input_required_result_request_state";
        Answer first = client.call(tool, "{}");
        assertThat(first.asked()).containsExactly("confirm");
        assertThat(metrics.get("headgate_calls_parked")).isZero();
        String answers = "{\"confirm\":{\"action\":\"accept\",\"content\":{\"ok\":true}}}";
        assertThat(client.call(tool, "{}", first, answers).text()).startsWith("state-ok");
        assertThat(client.ask("server/discover", "", "", "").result().at("/capabilities/extensions"))
                .hasToString("{\"io.modelcontextprotocol/tasks\":{}}");
        assertThat(metrics.get("headgate_upstream_sessions")).isZero();
    }

    @Test
    void theStateNamesBothEras() throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + "/state");
        String body = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
        JsonNode shown = new JsonMapper().readTree(body).at("/servers/0");
        assertThat(shown.get("era").asString()).isEqualTo("modern");
        JsonNode eras = shown.get("eras");
        assertThat(eras.size()).isEqualTo(2);
        assertThat(eras.at("/0/era").asString()).isEqualTo("modern");
        assertThat(eras.at("/0/since")).isEqualTo(shown.get("since"));
        assertThat(eras.at("/1/era").asString()).isEqualTo("legacy");
        assertThat(eras.at("/1/spoken").asBoolean()).isTrue();
        assertThat(eras.at("/1/protocolVersion").asString()).isEqualTo("2025-11-25");
        assertThat(eras.at("/1/transport").asString()).isEqualTo("streamable-http");
        assertThat(eras.at("/1/since").asString()).isNotEmpty();
    }
}
