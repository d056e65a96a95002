package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.ItemKind;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class RouterTest {
    private final Fleet fleet = new Fleet();

    @Test
    void handsACallToItsOwnerUnderTheBareName() {
        fleet.add("u1").tool("echo");
        fleet.add("u2").tool("echo");
        fleet.start();
        fleet.ask(Methods.TOOLS_CALL, "{\"name\":\"u2__echo\",\"arguments\":{\"a\":1}}");
        assertThat(fleet.upstream("u1").calls).isEmpty();
        assertThat(fleet.upstream("u2").calls)
                .extracting(Exchange::target)
                .containsExactly(new Target("u2", Target.Kind.TOOL, "echo"));
        fleet.ask("u1", Methods.TOOLS_CALL, "{\"name\":\"echo\"}");
        assertThat(fleet.upstream("u1").calls).hasSize(1);
    }

    @Test
    void tellsWhichServerAnExchangeGoesTo() {
        fleet.add("u1").tool("echo");
        fleet.add("u2").tool("echo");
        fleet.start();
        assertThat(serverOf("", Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}")).isEqualTo("u1");
        assertThat(serverOf("u1", Methods.TOOLS_LIST, "{}")).isEqualTo("u1");
        assertThat(serverOf("", Methods.TOOLS_LIST, "{}")).isEmpty();
        assertThat(serverOf("", Methods.TOOLS_CALL, "{\"name\":\"nobody\"}")).isEmpty();
        assertThat(serverOf("nope", Methods.TOOLS_LIST, "{}")).isEmpty();
    }

    private String serverOf(String door, String method, String params) {
        return fleet.route(Fleet.exchange(door, method, params)).server();
    }

    @Test
    void tellsWhichToolACallIsForAtEachDoor() {
        fleet.add("u1").tool("echo");
        fleet.start();
        assertThat(toolOf("", Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}")).isEqualTo("u1__echo");
        assertThat(toolOf("u1", Methods.TOOLS_CALL, "{\"name\":\"echo\"}")).isEqualTo("u1__echo");
        assertThat(toolOf("u1", Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}")).isEmpty();
        assertThat(toolOf("nope", Methods.TOOLS_CALL, "{\"name\":\"echo\"}")).isEmpty();
        assertThat(toolOf("", Methods.TOOLS_LIST, "{}")).isEmpty();
    }

    private String toolOf(String door, String method, String params) {
        return fleet.route(Fleet.exchange(door, method, params)).tool();
    }

    @Test
    void tellsTheServersOwnNameAndItsContract() {
        fleet.add("u1").tool("echo");
        fleet.start();
        Resolved known = fleet.route(Fleet.exchange("", Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}"));
        assertThat(known.ownName()).isEqualTo("echo");
        assertThat(known.contract()).isNotNull();
        Resolved unknown = fleet.route(Fleet.exchange("", Methods.TOOLS_CALL, "{\"name\":\"u1__none\"}"));
        assertThat(unknown.ownName()).isEmpty();
        assertThat(unknown.contract()).isNull();
    }

    @Test
    void refusesNamesThatNobodyHas() {
        fleet.add("u1").tool("echo");
        fleet.add("u2").tool("other");
        fleet.start();
        assertRefused(Methods.TOOLS_CALL, "{\"name\":\"nope\"}", "Unknown tool: nope");
        assertRefused(Methods.TOOLS_CALL, "{\"name\":\"echo\"}", "Unknown tool: echo");
        assertRefused(Methods.TOOLS_CALL, "{\"name\":\"u1__other\"}", "Unknown tool: u1__other");
        assertRefused(Methods.PROMPTS_GET, "{\"name\":\"nope\"}", "Unknown prompt: nope");
        assertRefused(Methods.RESOURCES_READ, "{\"uri\":\"x:\\\"1\"}", "Resource not found: x:\"1");
        assertThat(fleet.refusal(Methods.RESOURCES_READ, "{\"uri\":\"x:\\\"1\"}")
                        .data())
                .hasToString("{\"uri\":\"x:\\\"1\"}");
        assertThat(fleet.refusal(Fleet.exchange("u1", Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}"))
                        .text())
                .isEqualTo("Unknown tool: u1__echo");
        assertThat(fleet.refusal("tasks/get", "{}").reason()).isEqualTo(Reason.METHOD_NOT_FOUND);
        assertThat(fleet.refusal("nope", "{}").reason()).isEqualTo(Reason.METHOD_NOT_FOUND);
        assertThat(fleet.refusal(Fleet.exchange("nope", Methods.TOOLS_LIST, "{}"))
                        .reason())
                .isEqualTo(Reason.UNKNOWN_NAME);
    }

    @Test
    void saysThatAServerWhoseToolsItNeverSawIsAway() {
        fleet.add("u1").dead();
        fleet.add("u2").tool("echo");
        fleet.start();
        Refusal refusal = fleet.refusal(Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}");
        assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
        assertThat(refusal.text()).isEqualTo("The server u1 is not available: connection refused");
        assertRefused(Methods.TOOLS_CALL, "{\"name\":\"nope\"}", "Unknown tool: nope");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                Methods.TOOLS_LIST,
                Methods.PROMPTS_LIST,
                Methods.RESOURCES_LIST,
                Methods.RESOURCE_TEMPLATES_LIST,
                Methods.DISCOVER
            })
    void aServerOfWhichNothingIsKnownIsNoEmptyOne(String method) {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        upstream.nextList = Mono.error(new Refusal(Reason.UPSTREAM_AUTH, "the upstream wants other credentials"));
        fleet.add("u2").tool("echo");
        fleet.start();
        Refusal refusal = fleet.refusal(Fleet.exchange("u1", method, "{}"));
        assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_AUTH);
        assertThat(refusal.text()).isEqualTo("The server u1 is not available: the upstream wants other credentials");
        assertThat(upstream.listCalls).hasValue(1);
        // The fleet shows what there is.
        assertThat(fleet.tools()).containsExactly("u2__echo");
        fleet.ask("u2", method, "{}");
        // When it is back, a client that asks need not wait for the next attempt.
        fleet.pass(Duration.ofMinutes(5));
        upstream.alive();
        fleet.pass(Duration.ofSeconds(2));
        JsonRpc answer = fleet.patiently(Fleet.exchange("u1", method, "{}")).block(Fleet.BOUND);
        assertThat(answer).isInstanceOf(JsonRpc.Success.class);
    }

    @Test
    void aServerThatHangsIsNoEmptyOneEither() {
        FakeUpstream upstream = fleet.add("u1").tool("echo").hanging();
        fleet.start();
        fleet.pass(Duration.ofSeconds(3));
        Refusal refusal = fleet.refusal(Fleet.exchange("u1", Methods.TOOLS_LIST, "{}"));
        assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
        assertThat(refusal.text()).isEqualTo("The server u1 is not available: it has not answered yet");
        assertThat(upstream.listCalls).hasValue(1);
    }

    @Test
    void whatIsKnownOfAServerStaysWhileItFails() {
        FakeUpstream full = fleet.add("u1").tool("echo");
        FakeUpstream empty = fleet.add("u2");
        fleet.start();
        full.dead();
        empty.dead();
        fleet.pass(Duration.ofSeconds(40));
        assertThat(Fleet.keys(fleet.ask("u1", Methods.TOOLS_LIST, "{}"), ItemKind.TOOL))
                .containsExactly("echo");
        assertThat(fleet.ask("u1", Methods.PROMPTS_LIST, "{}").get("prompts")).hasToString("[]");
        // What it has now is unknown, so no name is.
        assertThat(fleet.refusal(Methods.TOOLS_CALL, "{\"name\":\"u1__new\"}").reason())
                .isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
        assertThat(fleet.refusal(Fleet.exchange("u2", Methods.TOOLS_LIST, "{}")).text())
                .isEqualTo("The server u2 is not available: connection refused");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "u1"})
    void asksForANameThatItDoesNotKnow(String door) {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        FakeUpstream other = fleet.add("u2").tool("echo");
        fleet.start();
        fleet.pass(Duration.ofSeconds(3));
        upstream.tool("late").prompts.add("{\"name\":\"late\"}");
        String prefix = door.isEmpty() ? "u1__" : "";
        Exchange call = Fleet.exchange(door, Methods.TOOLS_CALL, "{\"name\":\"" + prefix + "late\"}");
        assertThat(fleet.patiently(call).block(Fleet.BOUND)).isInstanceOf(JsonRpc.Success.class);
        assertThat(upstream.calls)
                .extracting(Exchange::target)
                .containsExactly(new Target("u1", Target.Kind.TOOL, "late"));
        fleet.ask(door, Methods.PROMPTS_GET, "{\"name\":\"" + prefix + "late\"}");
        assertThat(upstream.listCalls).hasValue(2);
        assertThat(other.listCalls).hasValue(1);
        assertThat(lookups("found")).isEqualTo(1);
    }

    @Test
    void asksForAUriAmongTheServersThatCouldHaveIt() {
        FakeUpstream prefixed = fleet.add("u1");
        FakeUpstream first = fleet.add("u2", "").resource("test://x");
        FakeUpstream second = fleet.add("u3", "");
        fleet.start();
        fleet.pass(Duration.ofSeconds(3));
        second.resource("test://late");
        Exchange read = Fleet.exchange("", Methods.RESOURCES_READ, "{\"uri\":\"test://late\"}");
        assertThat(fleet.patiently(read).block(Fleet.BOUND)).isInstanceOf(JsonRpc.Success.class);
        assertThat(second.calls).hasSize(1);
        assertThat(List.of(prefixed.listCalls.get(), first.listCalls.get(), second.listCalls.get()))
                .containsExactly(1, 2, 2);
    }

    @Test
    void aFloodOfUnknownNamesCostsAServerOneReadInTwoSeconds() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        upstream.ttlMillis = 3_600_000;
        fleet.start();
        fleet.pass(Duration.ofSeconds(3));
        AtomicInteger refused = new AtomicInteger();
        for (int i = 0; i < 10_000; i++) {
            var unused = fleet.send(Methods.TOOLS_CALL, "{\"name\":\"u1__nope" + i + "\"}")
                    .subscribe(answer -> {}, error -> refused.incrementAndGet());
            fleet.pass(Duration.ofMillis(1));
        }
        // More than a thousand do not wait: they are told what the last list says.
        assertThat(refused.get()).isBetween(8_000, 10_000);
        fleet.pass(Duration.ofSeconds(3));
        assertThat(refused).hasValue(10_000);
        // One at once, one in each two seconds of the ten, and one for the last who asked.
        assertThat(upstream.listCalls.get() - 1).isBetween(5, 6);
        assertThat(lookups("unknown")).isEqualTo(10_000);
        assertThat(upstream.calls).isEmpty();
    }

    @Test
    void aKnownNameWaitsForNoLook() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        fleet.pass(Duration.ofSeconds(3));
        upstream.hanging();
        var unused = fleet.send(Methods.TOOLS_CALL, "{\"name\":\"u1__nope\"}").subscribe(answer -> {}, error -> {});
        fleet.ask(Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}");
        assertThat(upstream.calls).hasSize(1);
        // And the one that waits does not wait for ever.
        fleet.pass(Duration.ofSeconds(5));
        assertThat(lookups("unknown")).isEqualTo(1);
    }

    private double lookups(String outcome) {
        return fleet.meters
                .get(MeterNames.CATALOG_LOOKUPS)
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    @Test
    void routesUris() {
        fleet.add("u1").resource("file:///a");
        fleet.add("u2", "").resource("test://x").template("test://t/{id}");
        fleet.add("u3", "").resource("test://y").template("db://{+all}");
        fleet.start();
        assertRead("u1+file:///not/listed", "u1", "file:///not/listed");
        assertRead("ui://u1+view/x", "u1", "ui://view/x");
        assertRead("test://x", "u2", "test://x");
        assertRead("test://y", "u3", "test://y");
        assertRead("test://t/9", "u2", "test://t/9");
        assertRead("db://a/b+c", "u3", "db://a/b+c");
        assertRefused(Methods.RESOURCES_READ, "{\"uri\":\"test://z\"}", "Resource not found: test://z");
    }

    @Test
    void theOnlyUnprefixedServerGetsWhatNobodyLists() {
        fleet.add("u1");
        fleet.add("u2", "");
        fleet.start();
        assertRead("test://z", "u2", "test://z");
    }

    @Test
    void routesCompletionByItsReference() {
        FakeUpstream upstream = fleet.add("u1").template("db://{table}");
        upstream.prompts.add("{\"name\":\"p\"}");
        fleet.start();
        fleet.ask(Methods.COMPLETE, "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"u1__p\"}}");
        fleet.ask(Methods.COMPLETE, "{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"u1+db://{table}\"}}");
        assertThat(upstream.calls)
                .extracting(Exchange::target)
                .containsExactly(
                        new Target("u1", Target.Kind.PROMPT, "p"),
                        new Target("u1", Target.Kind.RESOURCE, "db://{table}"));
        assertThat(fleet.refusal(Methods.COMPLETE, "{\"ref\":{\"type\":\"x\"}}").reason())
                .isEqualTo(Reason.INVALID_PARAMS);
        assertThat(fleet.refusal(Methods.COMPLETE, "{\"ref\":{\"type\":\"ref/prompt\"}}")
                        .reason())
                .isEqualTo(Reason.INVALID_PARAMS);
    }

    @Test
    void renamesTheUriInAFailureAndAnUpdate() {
        FakeUpstream upstream = fleet.add("u1");
        upstream.answer = exchange -> Flux.just(
                new JsonRpc.Notification(Methods.RESOURCE_UPDATED, RawJson.of("{\"uri\":\"x:1\"}")),
                new JsonRpc.Failure(-32602, "not found", RawJson.of("{\"uri\":\"x:1\",\"n\":1}")));
        fleet.start();
        StepVerifier.create(fleet.send(Methods.RESOURCES_READ, "{\"uri\":\"u1+x:1\"}"))
                .expectNext(new JsonRpc.Notification(Methods.RESOURCE_UPDATED, RawJson.of("{\"uri\":\"u1+x:1\"}")))
                .expectNext(new JsonRpc.Failure(-32602, "not found", RawJson.of("{\"uri\":\"u1+x:1\",\"n\":1}")))
                .expectComplete()
                .verify(Fleet.BOUND);
    }

    @Test
    void passesTheSameAnswerObjectWhereNothingIsRenamed() {
        FakeUpstream upstream = fleet.add("u1", "").tool("echo");
        JsonRpc.Success answer =
                JsonRpc.Success.of("{\"content\":[{\"type\":\"resource_link\",\"uri\":\"x:1\"}],\"b\":1}");
        upstream.answer = exchange -> Flux.just(answer);
        fleet.start();
        assertThat(fleet.send(Methods.TOOLS_CALL, "{\"name\":\"echo\"}").blockLast(Fleet.BOUND))
                .isSameAs(answer);
    }

    @Test
    void passesDemandCancellationErrorsAndContextThrough() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        TestPublisher<JsonRpc> source = TestPublisher.create();
        upstream.answer = exchange -> source.flux();
        fleet.start();
        JsonRpc.Notification progress = new JsonRpc.Notification(Methods.PROGRESS, null);
        StepVerifier.create(fleet.send(Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}"), 1)
                .then(() -> source.assertMinRequested(1).assertMaxRequested(1))
                .then(() -> source.next(progress))
                .expectNext(progress)
                .thenCancel()
                .verify(Fleet.BOUND);
        source.assertCancelled();
        StepVerifier.create(fleet.send(Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}"))
                .then(() -> source.error(new Refusal(Reason.UPSTREAM_TIMEOUT, "late")))
                .expectErrorMessage("late")
                .verify(Fleet.BOUND);
    }

    @Test
    void saysWhatTheFleetCanDo() {
        FakeUpstream first = fleet.add("u1");
        first.capabilities = "{\"tools\":{},\"extensions\":{\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[]},"
                + "\"io.modelcontextprotocol/tasks\":{}}}";
        first.instructions = "Be kind.";
        FakeUpstream second = fleet.add("u2");
        second.capabilities = "{\"resources\":{\"subscribe\":true},\"completions\":{},\"logging\":{},\"tasks\":{}}";
        second.instructions = "Be \"brief\".";
        fleet.start();
        assertThat(fleet.ask(Methods.DISCOVER, "{}"))
                .hasToString("{\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"
                        + "{\"name\":\"headgate\",\"version\":\"0.1\"}},\"ttlMs\":30000,\"cacheScope\":\"public\","
                        + "\"supportedVersions\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\"],\"capabilities\":{\"tools\":{\"listChanged\":true},"
                        + "\"resources\":{\"subscribe\":true,\"listChanged\":true},\"completions\":{},\"logging\":{},"
                        + "\"extensions\":{\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[]},"
                        + "\"io.modelcontextprotocol/tasks\":{}}},\"instructions\":"
                        + "\"# u1\\n\\nBe kind.\\n\\n# u2\\n\\nBe \\\"brief\\\".\"}");
        // Sessions have no such tasks, and those that they have are not carried.
        RawJson legacy = Fleet.result(
                fleet.router.handle(Fleet.from(Fleet.exchange("", Methods.DISCOVER, "{}"), "2025-11-25", "{}")));
        assertThat(Fleet.at(legacy, "capabilities", "extensions"))
                .hasToString("{\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[]}}");
        assertThat(Fleet.at(legacy, "capabilities", "tasks")).isNull();
        RawJson one = fleet.ask("u1", Methods.DISCOVER, "{}");
        assertThat(one.getString("instructions")).isEqualTo("Be kind.");
        assertThat(Fleet.at(one, "capabilities", "resources")).isNull();
    }

    @Test
    void boundsInstructionsAndAssumesTheBestOfAServerThatIsAway() {
        fleet.add("u1").instructions = "x".repeat(20_000);
        fleet.add("u2").dead();
        fleet.start();
        RawJson result = fleet.ask(Methods.DISCOVER, "{}");
        assertThat(result.getString("instructions")).hasSize(16 * 1024);
        assertThat(Fleet.at(result, "capabilities", "prompts")).hasToString("{\"listChanged\":true}");
    }

    @Test
    void setsTheLevelOfLegacyServersThatLog() {
        FakeUpstream first = fleet.add("u1");
        first.era = Era.LEGACY;
        first.capabilities = "{\"logging\":{}}";
        first.answer = exchange -> Flux.error(new Refusal(Reason.UPSTREAM_TIMEOUT, "late"));
        FakeUpstream second = fleet.add("u2");
        second.era = Era.LEGACY;
        second.capabilities = "{\"logging\":{}}";
        fleet.add("u3").capabilities = "{\"logging\":{}}";
        fleet.add("u4").era = Era.LEGACY;
        fleet.start();
        RawJson result = fleet.ask(Methods.SET_LEVEL, "{\"level\":\"info\"}");
        assertThat(result).hasToString("{}");
        assertThat(fleet.upstreams.values())
                .extracting(upstream -> upstream.calls.size())
                .containsExactly(1, 1, 0, 0);
        assertThat(second.calls.get(0).target()).isEqualTo(new Target("u2"));
        assertThat(fleet.refusal(Methods.SET_LEVEL, "{\"level\":\"loud\"}").reason())
                .isEqualTo(Reason.INVALID_PARAMS);
        assertThat(fleet.refusal(Methods.SET_LEVEL, "{}").reason()).isEqualTo(Reason.INVALID_PARAMS);
    }

    @Test
    void setLevelDoesNotWaitForAHangingServer() {
        FakeUpstream upstream = fleet.add("u1");
        upstream.era = Era.LEGACY;
        upstream.capabilities = "{\"logging\":{}}";
        upstream.answer = exchange -> Flux.never();
        fleet.start();
        StepVerifier.create(fleet.send(Methods.SET_LEVEL, "{\"level\":\"info\"}"))
                .then(() -> fleet.pass(Duration.ofSeconds(10)))
                .expectNextCount(1)
                .expectComplete()
                .verify(Fleet.BOUND);
    }

    @ParameterizedTest
    @ValueSource(strings = {Methods.ROOTS_CHANGED, Methods.PROGRESS})
    void passesAClientsNotificationsToLegacyServers(String method) {
        fleet.add("u1").era = Era.LEGACY;
        fleet.add("u2");
        fleet.start();
        Exchange request = Fleet.exchange("", method, "{}");
        Envelope envelope = request.message().envelope();
        Exchange exchange = request.withMessage(new JsonRpc.ClientNotification(method, envelope));
        assertThat(fleet.router.handle(exchange).collectList().block(Fleet.BOUND))
                .isEmpty();
        assertThat(fleet.upstreams.values())
                .extracting(upstream -> upstream.calls.size())
                .isEqualTo(List.of(1, 0));
    }

    @Test
    void asksNobodyBeforeItIsSubscribedTo() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        upstream.era = Era.LEGACY;
        fleet.start();
        Flux<JsonRpc> level = fleet.send(Methods.SET_LEVEL, "{\"level\":\"info\"}");
        Flux<JsonRpc> listen =
                fleet.send(Methods.LISTEN, "{\"notifications\":{\"resourceSubscriptions\":[\"u1+x:1\"]}}");
        assertThat(level).isNotSameAs(listen);
        assertThat(upstream.calls).isEmpty();
        assertThat(upstream.listens).isEmpty();
    }

    private void assertRefused(String method, String params, String text) {
        Refusal refusal = fleet.refusal(method, params);
        assertThat(refusal.reason()).isEqualTo(Reason.UNKNOWN_NAME);
        assertThat(refusal.text()).isEqualTo(text);
    }

    private void assertRead(String clientUri, String server, String bareUri) {
        FakeUpstream upstream = fleet.upstream(server);
        upstream.calls.clear();
        fleet.ask(Methods.RESOURCES_READ, "{\"uri\":\"" + clientUri + "\"}");
        assertThat(upstream.calls)
                .extracting(Exchange::target)
                .containsExactly(new Target(server, Target.Kind.RESOURCE, bareUri));
    }
}
