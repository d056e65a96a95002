package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.filter.Target;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class TasksTest {
    private static final String TAKES = "{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}";
    private static final String INNER = "job \"1\" é";
    private static final String BEFORE = "{ \"resultType\":\"task\",\"taskId\" : ";
    private static final String AFTER = ",\"status\":\"working\",\"ttlMs\":null,\"x\":1.0}";

    private final Fleet fleet = new Fleet();
    private final FakeUpstream upstream = fleet.add("u1").tool("run");
    private final FakeUpstream other = fleet.add("u2", "").tool("t");

    @BeforeEach
    void answersWithATask() {
        String offers = "{\"tools\":{},\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}";
        upstream.capabilities = offers;
        other.capabilities = offers;
        upstream.answering(BEFORE + JsonStrings.quote(INNER) + AFTER);
        fleet.start();
        fleet.pass(Duration.ofSeconds(1));
    }

    @Test
    void sealsTheIdOfANewTaskAndNothingElse() {
        RawJson created = Fleet.result(fleet.router.handle(run()));
        String sealed = String.valueOf(created.getString("taskId"));
        assertThat(created).hasToString(BEFORE + "\"" + sealed + "\"" + AFTER);
        assertThat(sealed).matches("[A-Za-z0-9_-]+").doesNotContain("job");
    }

    @ParameterizedTest
    @ValueSource(strings = {Methods.TASKS_GET, Methods.TASKS_UPDATE, Methods.TASKS_CANCEL})
    void goesToTheTasksServerUnderItsOwnId(String method) {
        String sealed = sealed();
        upstream.answering("{\"resultType\":\"complete\",\"taskId\":" + JsonStrings.quote(INNER) + ",\"inputRequests\":"
                + "{\"k\":{\"method\":\"m\",\"params\":{\"uri\":\"x:1\"}}}}");
        assertThat(Fleet.result(fleet.router.handle(about(method, sealed))))
                .hasToString("{\"resultType\":\"complete\",\"taskId\":\"" + sealed + "\",\"inputRequests\":"
                        + "{\"k\":{\"method\":\"m\",\"params\":{\"uri\":\"x:1\"}}}}");
        assertThat(upstream.calls)
                .extracting(Exchange::target)
                .containsExactly(new Target("u1", Target.Kind.TASK, INNER));
        assertThat(other.calls).isEmpty();
    }

    @Test
    void anAcknowledgementPassesAsItIs() {
        String sealed = sealed();
        JsonRpc.Success acknowledged = JsonRpc.Success.of("{\"resultType\":\"complete\"}");
        upstream.answer = exchange -> Flux.just(acknowledged);
        assertThat(fleet.router.handle(about(Methods.TASKS_CANCEL, sealed)).blockLast(Fleet.BOUND))
                .isSameAs(acknowledged);
    }

    @Test
    void renamesWhatATaskCameTo() {
        String sealed = sealed();
        String blocks = "\"content\":[{\"type\":\"resource_link\",\"uri\":\"%s\"},{\"type\":\"text\",\"uri\":\"x:1\"}]";
        String error = "\"error\":{\"code\":-32602,\"data\":{\"uri\":\"%s\"}}";
        upstream.answering(
                "{\"resultType\":\"task\",\"content\":[{\"type\":\"resource_link\",\"uri\":\"x:1\"}],\"taskId\":"
                        + JsonStrings.quote(INNER) + ",\"result\":{" + blocks.formatted("x:1") + ",\"isError\":true},"
                        + error.formatted("x:1") + "}");
        assertThat(Fleet.result(fleet.router.handle(about(Methods.TASKS_GET, sealed))))
                .hasToString("{\"resultType\":\"complete\",\"content\":[{\"type\":\"resource_link\",\"uri\":\"x:1\"}],"
                        + "\"taskId\":\"" + sealed + "\",\"result\":{" + blocks.formatted("u1+x:1")
                        + ",\"isError\":true},"
                        + error.formatted("u1+x:1") + "}");
    }

    @Test
    void aServerMustNotAnswerForAnotherTask() {
        String sealed = sealed();
        upstream.answering("{\"resultType\":\"complete\",\"taskId\":\"job 2\"}");
        Refusal refusal = fleet.refusal(about(Methods.TASKS_GET, sealed));
        assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_PROTOCOL);
        upstream.answering("{\"resultType\":\"complete\",\"taskId\":7}");
        assertThat(fleet.refusal(about(Methods.TASKS_GET, sealed)).reason()).isEqualTo(Reason.UPSTREAM_PROTOCOL);
    }

    @Test
    void nobodyElseAndNowhereElseHasTheTask() {
        String sealed = sealed();
        upstream.calls.clear();
        assertNotFound(about(Methods.TASKS_GET, sealed).withCaller(new Caller("mallory")));
        assertNotFound(about("u2", Methods.TASKS_GET, sealed));
        assertNotFound(about(Methods.TASKS_GET, INNER));
        assertNotFound(about(Methods.TASKS_GET, ""));
        assertNotFound(about(Methods.TASKS_CANCEL, sealed + "="));
        assertNotFound(about(Methods.TASKS_CANCEL, sealed.substring(0, sealed.length() - 1)));
        assertNotFound(about(Methods.TASKS_CANCEL, "A".repeat(100_000)));
        for (int i = 0; i < sealed.length(); i++) {
            char changed = sealed.charAt(i) == 'A' ? 'B' : 'A';
            assertNotFound(about(Methods.TASKS_UPDATE, sealed.substring(0, i) + changed + sealed.substring(i + 1)));
        }
        assertThat(upstream.calls).isEmpty();
        assertThat(other.calls).isEmpty();
        assertThat(counted("task_id")).isEqualTo(7 + sealed.length());
    }

    @Test
    void whatWasSealedAsAnotherKindIsNoTask() {
        upstream.answering("{\"resultType\":\"input_required\",\"requestState\":\"job\"}");
        String state = String.valueOf(Fleet.result(fleet.router.handle(run())).getString("requestState"));
        assertNotFound(about(Methods.TASKS_GET, state));
    }

    @Test
    void theServersOwnDoorHasItToo() {
        String sealed = sealed();
        upstream.answering("{\"taskId\":" + JsonStrings.quote(INNER)
                + ",\"result\":{\"content\":[{\"type\":\"resource_link\",\"uri\":\"x:1\"}]}}");
        assertThat(Fleet.result(fleet.router.handle(about("u1", Methods.TASKS_GET, sealed))))
                .hasToString("{\"taskId\":\"" + sealed
                        + "\",\"result\":{\"content\":[{\"type\":\"resource_link\",\"uri\":\"x:1\"}]}}");
    }

    @Test
    void doesNotExpireBeforeItsServerSaysSo() {
        String sealed = sealed();
        fleet.skip(Duration.ofDays(399));
        fleet.pass(Duration.ofDays(1));
        upstream.answering("{\"resultType\":\"complete\"}");
        assertThat(fleet.router.handle(about(Methods.TASKS_GET, sealed)).blockLast(Fleet.BOUND))
                .isNotNull();
    }

    @Test
    void aClientMustDeclareTheExtensionInEachRequest() {
        String sealed = sealed();
        upstream.calls.clear();
        for (String method : List.of(Methods.TASKS_GET, Methods.TASKS_UPDATE, Methods.TASKS_CANCEL)) {
            assertLacks(Fleet.from(about(method, sealed), "2026-07-28", "{}"));
        }
        assertLacks(Fleet.from(
                Fleet.exchange("", Methods.LISTEN, "{\"notifications\":{\"taskIds\":[\"x\"]}}"), "2026-07-28", "{}"));
        assertThat(upstream.calls).isEmpty();
        assertThat(counted("capability")).isEqualTo(4);
    }

    @Test
    void anUpstreamMustNotAnswerWithATaskWhereNobodyTakesOne() {
        Exchange call = Fleet.exchange("", Methods.TOOLS_CALL, "{\"name\":\"u1__run\"}");
        assertThat(fleet.refusal(call).reason()).isEqualTo(Reason.UPSTREAM_PROTOCOL);
        assertThat(fleet.refusal(Fleet.from(call, "2025-11-25", TAKES)).reason())
                .isEqualTo(Reason.UPSTREAM_PROTOCOL);
        Exchange read = Fleet.exchange("", Methods.RESOURCES_READ, "{\"uri\":\"u1+x:1\"}");
        assertThat(fleet.refusal(Fleet.from(read, "2026-07-28", TAKES)).reason())
                .isEqualTo(Reason.UPSTREAM_PROTOCOL);
        upstream.answering("{\"resultType\":\"task\",\"taskId\":7}");
        assertThat(fleet.refusal(run()).reason()).isEqualTo(Reason.UPSTREAM_PROTOCOL);
        upstream.answering("{\"resultType\":\"task\",\"taskId\":\"" + "x".repeat(4_000) + "\"}");
        assertThat(fleet.refusal(run()).reason()).isEqualTo(Reason.UPSTREAM_TOO_LARGE);
    }

    @Test
    void aMemberOfThatNameInAnotherResultIsTheToolsOwn() {
        JsonRpc.Success answer = JsonRpc.Success.of("{\"resultType\":\"complete\",\"taskId\":\"mine\",\"content\":[]}");
        upstream.answer = exchange -> Flux.just(answer);
        assertThat(fleet.router.handle(run()).blockLast(Fleet.BOUND)).isSameAs(answer);
    }

    @Test
    void withoutAServerThatHasTasksThereAreNoSuchMethods() {
        assertThat(fleet.refusal(Fleet.from(about(Methods.TASKS_GET, "x"), "2025-11-25", TAKES))
                        .reason())
                .isEqualTo(Reason.MISSING_CAPABILITY);
        Fleet plain = new Fleet();
        plain.add("u1").tool("run");
        plain.start();
        assertThat(plain.refusal(about(Methods.TASKS_GET, "x")).reason()).isEqualTo(Reason.METHOD_NOT_FOUND);
    }

    @Test
    void watchesTasksAtTheirServers() {
        String first = sealed();
        other.answering("{\"resultType\":\"task\",\"taskId\":\"b\"}");
        String second =
                String.valueOf(Fleet.result(fleet.router.handle(run("t"))).getString("taskId"));
        String forged = "x".repeat(120);
        Exchange listen = Fleet.from(
                Fleet.exchange(
                        "",
                        Methods.LISTEN,
                        "{\"notifications\":{\"taskIds\":[\"" + first + "\",\"" + forged + "\",\"" + second + "\"]}}"),
                "2026-07-28",
                TAKES);
        StepVerifier.create(fleet.router.handle(listen))
                .expectNext(new JsonRpc.Notification(
                        Methods.ACKNOWLEDGED,
                        RawJson.of("{\"notifications\":{\"taskIds\":[\"" + first + "\",\"" + second + "\"]}}")))
                .then(() -> upstream.send(news("{\"taskId\":" + JsonStrings.quote(INNER) + ",\"result\":{\"content\":"
                        + "[{\"type\":\"resource_link\",\"uri\":\"x:1\"}]},\"n\":1.0}")))
                .expectNext(news("{\"taskId\":\"" + first + "\",\"result\":{\"content\":"
                        + "[{\"type\":\"resource_link\",\"uri\":\"u1+x:1\"}]},\"n\":1.0}"))
                // Tasks of others, and what is no news of a task at all.
                .then(() -> upstream.send(news("{\"taskId\":\"b\",\"status\":\"stolen\"}")))
                .then(() -> upstream.send(news("{}")))
                .then(() -> upstream.send(new JsonRpc.Notification(Methods.TASK_CHANGED, null)))
                .then(() -> upstream.send(new JsonRpc.Notification(Methods.MESSAGE, RawJson.of("{}"))))
                .then(() -> other.send(news("{\"taskId\":\"b\",\"status\":\"working\"}")))
                .expectNext(news("{\"taskId\":\"" + second + "\",\"status\":\"working\"}"))
                .thenCancel()
                .verify(Fleet.BOUND);
        assertThat(upstream.watches).containsExactly(List.of(INNER));
        assertThat(other.watches).containsExactly(List.of("b"));
        assertThat(upstream.listens).isEmpty();
        assertThat(upstream.events.currentSubscriberCount()).isZero();
        assertThat(fleet.meters
                        .counter("headgate.upstream.faults", "upstream", "u1", "reason", "subscription_unrequested")
                        .count())
                .isEqualTo(3);
    }

    @Test
    void aSlowListenerGetsTheLastNewsOfATask() {
        String sealed = sealed();
        Exchange listen = Fleet.from(
                Fleet.exchange("", Methods.LISTEN, "{\"notifications\":{\"taskIds\":[\"" + sealed + "\"]}}"),
                "2026-07-28",
                TAKES);
        String quoted = JsonStrings.quote(INNER);
        StepVerifier.create(fleet.router.handle(listen), 1)
                .expectNextCount(1)
                .then(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        upstream.send(news("{\"taskId\":" + quoted + ",\"n\":" + i + "}"));
                    }
                })
                .thenRequest(10)
                .expectNext(news("{\"taskId\":\"" + sealed + "\",\"n\":19999}"))
                .thenCancel()
                .verify(Fleet.BOUND);
    }

    @Test
    void boundsHowManyTasksAListenerWatches() {
        String ids = "\"x\"" + ",\"x\"".repeat(1_000);
        Exchange listen = Fleet.from(
                Fleet.exchange("", Methods.LISTEN, "{\"notifications\":{\"taskIds\":[" + ids + "]}}"),
                "2026-07-28",
                TAKES);
        assertThat(fleet.refusal(listen).text()).isEqualTo("taskIds: expected an array of at most 1000 ids");
    }

    private static JsonRpc.Notification news(String params) {
        return new JsonRpc.Notification(Methods.TASK_CHANGED, RawJson.of(params));
    }

    private static Exchange run() {
        return run("u1__run");
    }

    private static Exchange run(String tool) {
        return Fleet.from(Fleet.exchange("", Methods.TOOLS_CALL, "{\"name\":\"" + tool + "\"}"), "2026-07-28", TAKES);
    }

    private static Exchange about(String method, String id) {
        return about("", method, id);
    }

    private static Exchange about(String server, String method, String id) {
        return Fleet.from(
                Fleet.exchange(server, method, "{\"taskId\":" + JsonStrings.quote(id) + "}"), "2026-07-28", TAKES);
    }

    private String sealed() {
        String sealed = Fleet.result(fleet.router.handle(run())).getString("taskId");
        upstream.calls.clear();
        return Objects.requireNonNull(sealed);
    }

    private void assertNotFound(Exchange exchange) {
        Refusal refusal = fleet.refusal(exchange);
        assertThat(refusal.reason()).isEqualTo(Reason.UNKNOWN_NAME);
        assertThat(refusal.text()).isEqualTo("Task not found");
    }

    private void assertLacks(Exchange exchange) {
        Refusal refusal = fleet.refusal(exchange);
        assertThat(refusal.reason()).isEqualTo(Reason.MISSING_CAPABILITY);
        assertThat(refusal.data())
                .hasToString("{\"requiredCapabilities\":{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}}");
    }

    private double counted(String reason) {
        return fleet.meters.counter("headgate.mcp.rejected", "reason", reason).count();
    }
}
