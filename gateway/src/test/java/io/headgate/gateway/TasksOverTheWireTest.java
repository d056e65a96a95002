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
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.SessionClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tasks extension through a whole gateway, before a server of each era. */
class TasksOverTheWireTest {
    private static final String TAKES = "{\"elicitation\":{},\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}";
    private static final JsonMapper JSON = new JsonMapper();

    private final DemoServer modern = server(Era.MODERN);
    private final DemoServer legacy = server(Era.LEGACY);
    private final Gateway gateway = Gateway.start(Config.of(
            new Address("127.0.0.1", 0),
            new Address("127.0.0.1", 0),
            List.of(upstream("new", modern), upstream("old", legacy))));
    private final ModernClient taking = client(TAKES);

    @BeforeEach
    void waitUntilBothAreKnown() {
        Await.until("both servers are known", () -> {
            String tools = send("tools/list", null, "{}", "{}").body();
            return tools.contains("new__slow_compute") && tools.contains("old__slow_compute");
        });
    }

    @AfterEach
    void stop() {
        gateway.stop();
        modern.stop();
        legacy.stop();
    }

    @Test
    void aTaskIsBegunAskedAnsweredAndRead() {
        JsonNode created = result(call("new__confirm_delete", "{\"filename\":\"x\"}", TAKES));
        String id = created.path("taskId").asString();
        assertThat(created.path("resultType").asString()).isEqualTo("task");
        assertThat(id.length()).isGreaterThan(100);
        JsonNode asked = result(about("tasks/get", id, ""));
        assertThat(asked.path("taskId").asString()).isEqualTo(id);
        assertThat(asked.path("resultType").asString()).isEqualTo("complete");
        assertThat(asked.path("inputRequests").path("confirm").path("method").asString())
                .isEqualTo("elicitation/create");
        JsonNode acknowledged = result(about(
                "tasks/update",
                id,
                ",\"inputResponses\":{\"confirm\":{\"action\":\"accept\",\"content\":{\"confirm\":true}}}"));
        assertThat(acknowledged.has("taskId")).isFalse();
        JsonNode done = result(about("tasks/get", id, ""));
        assertThat(done.path("status").asString()).isEqualTo("completed");
        assertThat(done.path("result").toString()).contains("Deleted x");
        assertThat(result(about("tasks/cancel", id, "")).path("resultType").asString())
                .isEqualTo("complete");
    }

    @Test
    void theHeaderMustNameTheTaskAndTheTaskMustBeTheCallersOwn() {
        String id = result(call("new__slow_compute", "{\"seconds\":600}", TAKES))
                .path("taskId")
                .asString();
        HttpResponse<String> mismatch = send("tasks/get", "other", "{\"taskId\":\"" + id + "\"}", TAKES);
        assertThat(mismatch.statusCode()).isEqualTo(400);
        assertThat(code(mismatch)).isEqualTo(-32020);
        assertThat(code(send("tasks/get", null, "{\"taskId\":\"" + id + "\"}", TAKES)))
                .isEqualTo(-32020);
        assertThat(code(send("tasks/get", null, "{}", TAKES))).isEqualTo(-32602);
        for (String forged : List.of("x", id.substring(1), id + "A", id.toUpperCase(Locale.ROOT), "../../x")) {
            HttpResponse<String> refused = about("tasks/cancel", forged, "");
            assertThat(code(refused)).isEqualTo(-32602);
            assertThat(refused.body()).contains("Task not found").doesNotContain(forged + "\"");
        }
        assertThat(result(about("tasks/get", id, "")).path("status").asString()).isEqualTo("working");
        HttpResponse<String> undeclared = send("tasks/get", id, "{\"taskId\":\"" + id + "\"}", "{}");
        assertThat(undeclared.statusCode()).isEqualTo(400);
        assertThat(code(undeclared)).isEqualTo(-32021);
        assertThat(undeclared.body())
                .contains("\"requiredCapabilities\":{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}");
        assertThat(code(send("tasks/list", null, "{}", TAKES))).isEqualTo(-32601);
    }

    @Test
    void newsOfATaskComeUnderItsSealedId() {
        String id =
                result(call("new__confirm_delete", "{}", TAKES)).path("taskId").asString();
        try (EventStream events = taking.stream(listen("{\"taskIds\":[\"" + id + "\",\"x\"]}"))) {
            assertThat(events.next().path("params").path("notifications").toString())
                    .isEqualTo("{\"taskIds\":[\"" + id + "\"]}");
            assertThat(about("tasks/cancel", id, "").statusCode()).isEqualTo(200);
            JsonNode news = events.next();
            assertThat(news.path("method").asString()).isEqualTo("notifications/tasks");
            assertThat(news.path("params").path("taskId").asString()).isEqualTo(id);
            assertThat(news.path("params").path("status").asString()).isEqualTo("cancelled");
            assertThat(news.path("params")
                            .path("_meta")
                            .path("io.modelcontextprotocol/subscriptionId")
                            .asInt())
                    .isEqualTo(7);
        }
    }

    @Test
    void whoeverCannotHaveATaskIsToldSoEarly() {
        assertThat(result(call("new__slow_compute", "{\"seconds\":0}", "{}"))
                        .path("content")
                        .isArray())
                .isTrue();
        HttpResponse<String> lacking = call("new__failing_job", "{}", "{}");
        assertThat(code(lacking)).isEqualTo(-32021);
        // A session has no such tasks, whoever stands behind it.
        assertThat(result(call("old__failing_job", "{}", TAKES)).path("isError").asBoolean())
                .isTrue();
        assertThat(result(send("server/discover", null, "{}", "{}"))
                        .path("capabilities")
                        .path("extensions"))
                .hasToString("{\"io.modelcontextprotocol/tasks\":{}}");
    }

    @Test
    void aLegacyClientIsNotOfferedTasksAndTheyAreNotDeclaredForIt() {
        SessionClient session = SessionClient.of(gateway.address(), TAKES);
        JsonNode capabilities =
                SessionClient.json(session.welcome()).path("result").path("capabilities");
        assertThat(capabilities.isObject()).isTrue();
        assertThat(capabilities.has("extensions")).isFalse();
        assertThat(capabilities.has("tasks")).isFalse();
        assertThat(inSession(session, "tools/call", "{\"name\":\"new__failing_job\"}")
                        .body())
                // As its revision has no code for a capability that is missing.
                .contains("Missing required client capability: io.modelcontextprotocol/tasks", "\"isError\":true");
        assertThat(result(inSession(
                                session,
                                "tools/call",
                                "{\"name\":\"new__slow_compute\",\"arguments\":{\"seconds\":0},\"task\":{\"ttl\":1}}"))
                        .path("content")
                        .isArray())
                .isTrue();
        assertThat(code(inSession(session, "tasks/get", "{\"taskId\":\"x\"}"))).isEqualTo(-32601);
        assertThat(code(inSession(session, "tasks/list", "{}"))).isEqualTo(-32601);
    }

    private static DemoServer server(Era era) {
        return DemoServer.start(DemoServerOptions.builder().era(era).build());
    }

    private static UpstreamConfig upstream(String name, DemoServer server) {
        return new UpstreamConfig(
                name,
                URI.create(server.url()),
                UpstreamTransport.HTTP,
                name + "__",
                Map.of(),
                /* isStateless= */ false,
                /* http2PriorKnowledge= */ false,
                /* trustFile= */ null,
                UpstreamLimits.DEFAULT);
    }

    private HttpResponse<String> call(String tool, String arguments, String capabilities) {
        return send("tools/call", tool, "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}", capabilities);
    }

    private HttpResponse<String> about(String method, String id, String more) {
        return send(method, id, "{\"taskId\":\"" + id + "\"" + more + "}", TAKES);
    }

    private HttpResponse<String> send(String method, @Nullable String name, String params, String capabilities) {
        ModernClient client = client(capabilities);
        String members = params.substring(1, params.length() - 1);
        return client.exchange(
                client.request(7, method, name == null ? "" : name, members, "").build());
    }

    private HttpRequest listen(String notifications) {
        return taking.request(7, "subscriptions/listen", "", "\"notifications\":" + notifications, "")
                .build();
    }

    private static HttpResponse<String> inSession(SessionClient session, String method, String params) {
        return session.exchange(session.request(8, method, params));
    }

    private ModernClient client(String capabilities) {
        return ModernClient.declaring(
                URI.create("http://127.0.0.1:" + gateway.address().getPort() + "/mcp"), capabilities);
    }

    private static JsonNode message(HttpResponse<String> response) {
        String body = response.body();
        return JSON.readTree(body.startsWith("{") ? body : body.substring(body.lastIndexOf("data: ") + 6));
    }

    private static JsonNode result(HttpResponse<String> response) {
        JsonNode result = message(response).path("result");
        assertThat(result.isObject()).as(response.body()).isTrue();
        return result;
    }

    private static int code(HttpResponse<String> response) {
        return message(response).path("error").path("code").asInt(0);
    }
}
