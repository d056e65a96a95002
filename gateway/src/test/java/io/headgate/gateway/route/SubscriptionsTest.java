package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;
import static reactor.core.publisher.Sinks.EmitFailureHandler.FAIL_FAST;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class SubscriptionsTest {
    private static final JsonRpc.Notification TOOLS_CHANGED = new JsonRpc.Notification(Methods.TOOLS_CHANGED, null);

    private final Fleet fleet = new Fleet();

    @Test
    void acknowledgesFirstAndThenTellsOnlyWhatWasAskedFor() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        settled();
        StepVerifier.create(listen("{\"toolsListChanged\":true,\"promptsListChanged\":false}"))
                .expectNext(acknowledged("{\"toolsListChanged\":true}"))
                .then(() -> change(upstream, Methods.PROMPTS_CHANGED, Methods.TOOLS_CHANGED))
                .expectNext(TOOLS_CHANGED)
                .then(() -> fleet.pass(Duration.ofSeconds(10)))
                .thenCancel()
                .verify(Fleet.BOUND);
        assertThat(active()).isZero();
    }

    @Test
    void aSlowListenerGetsEachChangeOnce() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        settled();
        StepVerifier.create(listen("{\"toolsListChanged\":true,\"resourcesListChanged\":true}"), 1)
                .expectNextCount(1)
                .then(() -> {
                    for (int i = 0; i < 5; i++) {
                        change(upstream, Methods.RESOURCES_CHANGED, Methods.TOOLS_CHANGED);
                        fleet.pass(Duration.ofSeconds(6));
                    }
                })
                .thenRequest(100)
                .recordWith(ArrayList::new)
                .expectNextCount(2)
                .consumeRecordedWith(all -> assertThat(all)
                        .containsExactlyInAnyOrder(
                                TOOLS_CHANGED, new JsonRpc.Notification(Methods.RESOURCES_CHANGED, null)))
                .thenCancel()
                .verify(Fleet.BOUND);
    }

    @Test
    void passesUpdatesInTheClientsWordsAndLeavesOutUrisWithoutAnOwner() {
        FakeUpstream first = fleet.add("u1");
        FakeUpstream second = fleet.add("u2", "").resource("test://x");
        fleet.add("u3", "");
        settled();
        String uris = "{\"resourceSubscriptions\":[\"u1+x:1\",\"nobody://x\",\"test://x\",\"u1+x:1\"]}";
        StepVerifier.create(listen(uris))
                .expectNext(acknowledged("{\"resourceSubscriptions\":[\"u1+x:1\",\"test://x\"]}"))
                .then(() -> first.send(update("x:1")))
                .expectNext(update("u1+x:1"))
                .then(() -> first.send(new JsonRpc.Notification(Methods.MESSAGE, null)))
                .then(() -> second.send(update("test://x")))
                .expectNext(update("test://x"))
                .thenCancel()
                .verify(Fleet.BOUND);
        assertThat(first.listens).containsExactly(List.of("x:1"));
        assertThat(second.listens).containsExactly(List.of("test://x"));
        assertThat(fleet.upstream("u3").listens).isEmpty();
        assertThat(first.events.currentSubscriberCount()).isZero();
    }

    @Test
    void promisesNoUpdatesOfAServerThatTellsNobody() {
        fleet.add("u1").canWatch = false;
        FakeUpstream second = fleet.add("u2");
        settled();
        StepVerifier.create(listen("{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"u1+x:1\",\"u2+x:1\"]}"))
                .expectNext(acknowledged("{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"u2+x:1\"]}"))
                .thenCancel()
                .verify(Fleet.BOUND);
        assertThat(fleet.upstream("u1").listens).isEmpty();
        assertThat(second.listens).hasSize(1);
    }

    @Test
    void promisesOnlyWhatSomeServerHas() {
        FakeUpstream first = fleet.add("u1");
        first.capabilities = "{\"tools\":{},\"resources\":{\"subscribe\":false,\"listChanged\":true}}";
        fleet.add("u2").capabilities = "{\"tools\":{},\"resources\":{}}";
        settled();
        StepVerifier.create(
                        listen("{\"toolsListChanged\":true,\"promptsListChanged\":true,\"resourcesListChanged\":true,"
                                + "\"resourceSubscriptions\":[\"u1+x:1\",\"u2+x:1\"]}"))
                // Changes of lists need nothing of a server: the gateway reads them again.
                .expectNext(acknowledged("{\"toolsListChanged\":true,\"resourcesListChanged\":true}"))
                .then(() -> first.tool("late"))
                .then(() -> fleet.pass(Duration.ofSeconds(40)))
                .expectNext(TOOLS_CHANGED)
                .thenCancel()
                .verify(Fleet.BOUND);
        assertThat(first.listens).isEmpty();
        assertThat(fleet.upstream("u2").listens).isEmpty();
    }

    @Test
    void promisesNoMoreThanTheServerItself() {
        FakeUpstream first = fleet.add("u1");
        first.acknowledgement = uris -> RawJson.of("{\"notifications\":{\"resourceSubscriptions\":[\"x:1\"]}}");
        FakeUpstream second = fleet.add("u2");
        second.acknowledgement = uris -> RawJson.of("{\"notifications\":{}}");
        settled();
        StepVerifier.create(listen("{\"resourceSubscriptions\":[\"u1+x:1\",\"u1+x:2\",\"u2+x:1\"]}"))
                .expectNext(acknowledged("{\"resourceSubscriptions\":[\"u1+x:1\"]}"))
                .then(() -> first.send(update("x:1")))
                .expectNext(update("u1+x:1"))
                .thenCancel()
                .verify(Fleet.BOUND);
    }

    @Test
    void oneServersListenerWritesItsBareUris() {
        FakeUpstream upstream = fleet.add("u1");
        settled();
        Exchange exchange =
                Fleet.exchange("u1", Methods.LISTEN, "{\"notifications\":{\"resourceSubscriptions\":[\"x:1\"]}}");
        StepVerifier.create(fleet.router.handle(exchange))
                .expectNext(acknowledged("{\"resourceSubscriptions\":[\"x:1\"]}"))
                .then(() -> upstream.send(update("x:1")))
                .expectNext(update("x:1"))
                .thenCancel()
                .verify(Fleet.BOUND);
    }

    @Test
    void aLegacyClientHearsItsOwnSessionsAtLegacyServers() {
        FakeUpstream legacy = fleet.add("u1");
        legacy.era = Era.LEGACY;
        fleet.add("u2");
        settled();
        JsonRpc.Question question = new JsonRpc.Question(Methods.ROOTS_LIST, null, answer -> {});
        JsonRpc.Notification log = new JsonRpc.Notification(Methods.MESSAGE, RawJson.of("{}"));
        Exchange exchange =
                Fleet.inSession(Fleet.exchange("", Methods.LISTEN, "{\"notifications\":{\"toolsListChanged\":true}}"));
        StepVerifier.create(fleet.router.handle(exchange))
                .expectNext(acknowledged("{\"toolsListChanged\":true}"))
                .then(() -> legacy.send(question))
                .expectNext(question)
                .then(() -> legacy.send(log))
                .expectNext(new JsonRpc.Notification(Methods.MESSAGE, RawJson.of("{\"logger\":\"u1\"}")))
                .then(() -> legacy.send(TOOLS_CHANGED))
                .then(() -> assertThat(legacy.listCalls).hasValue(1))
                .then(() -> fleet.pass(Duration.ofMillis(300)))
                .expectNext(TOOLS_CHANGED)
                .thenCancel()
                .verify(Fleet.BOUND);
        assertThat(legacy.listCalls).hasValue(2);
        assertThat(fleet.upstream("u2").listens).isEmpty();
    }

    @Test
    void drainingEndsEveryStreamWithAResult() {
        fleet.add("u1");
        settled();
        Flux<JsonRpc> listen = listen("{\"toolsListChanged\":true}");
        StepVerifier.create(listen)
                .expectNextCount(1)
                .then(() -> assertThat(active()).isEqualTo(1))
                .then(fleet.router::drain)
                .assertNext(SubscriptionsTest::assertComplete)
                .expectComplete()
                .verify(Fleet.BOUND);
        assertThat(active()).isZero();
        StepVerifier.create(listen)
                .expectNextCount(1)
                .assertNext(SubscriptionsTest::assertComplete)
                .expectComplete()
                .verify(Fleet.BOUND);
    }

    @Test
    void refusesWhatIsNoListenRequest() {
        fleet.add("u1");
        settled();
        assertThat(fleet.refusal(Methods.LISTEN, "{}").reason()).isEqualTo(Reason.INVALID_PARAMS);
        assertThat(fleet.refusal(Methods.LISTEN, "{\"notifications\":[]}").reason())
                .isEqualTo(Reason.INVALID_PARAMS);
        String uris = "\"x:1\"" + ",\"x:1\"".repeat(10_000);
        Refusal refusal =
                fleet.refusal(Methods.LISTEN, "{\"notifications\":{\"resourceSubscriptions\":[" + uris + "]}}");
        assertThat(refusal.text()).isEqualTo("resourceSubscriptions: expected an array of at most 10000 URIs");
    }

    @Test
    void aListenerThatNeverReadsIsRefusedAtABound() {
        FakeUpstream legacy = fleet.add("u1");
        legacy.era = Era.LEGACY;
        settled();
        Exchange exchange = Fleet.inSession(Fleet.exchange("", Methods.LISTEN, "{\"notifications\":{}}"));
        StepVerifier.create(fleet.router.handle(exchange), 1)
                .expectNextCount(1)
                .then(() -> {
                    for (int i = 0; i < 1_025; i++) {
                        legacy.send(new JsonRpc.Notification(Methods.MESSAGE, null));
                    }
                })
                .expectErrorMessage("The listener reads too slowly")
                .verify(Fleet.BOUND);
        assertThat(legacy.events.currentSubscriberCount()).isZero();
        assertThat(active()).isZero();
    }

    @Test
    void aBrokenStreamOfOneServerIsOpenedAgain() {
        FakeUpstream upstream = fleet.add("u1");
        settled();
        Sinks.Many<JsonRpc> broken = upstream.events;
        StepVerifier.create(listen("{\"resourceSubscriptions\":[\"u1+x:1\"]}"))
                .expectNextCount(1)
                .then(() -> {
                    upstream.events = Sinks.many().multicast().directBestEffort();
                    broken.emitError(new Refusal(Reason.UPSTREAM_UNAVAILABLE, "gone"), FAIL_FAST);
                    fleet.pass(Duration.ofSeconds(2));
                    upstream.send(update("x:1"));
                })
                .expectNext(update("u1+x:1"))
                .thenCancel()
                .verify(Fleet.BOUND);
    }

    private void settled() {
        fleet.start();
        fleet.pass(Duration.ofSeconds(1));
    }

    private void change(FakeUpstream upstream, String... methods) {
        for (String method : methods) {
            upstream.signal(method);
        }
        fleet.pass(Duration.ofMillis(300));
    }

    private Flux<JsonRpc> listen(String notifications) {
        return fleet.send(Methods.LISTEN, "{\"notifications\":" + notifications + "}");
    }

    private double active() {
        return fleet.meters.get("headgate.subscriptions.active").gauge().value();
    }

    private static JsonRpc.Notification acknowledged(String notifications) {
        return new JsonRpc.Notification(Methods.ACKNOWLEDGED, RawJson.of("{\"notifications\":" + notifications + "}"));
    }

    private static JsonRpc.Notification update(String uri) {
        return new JsonRpc.Notification(Methods.RESOURCE_UPDATED, RawJson.of("{\"uri\":\"" + uri + "\"}"));
    }

    private static void assertComplete(JsonRpc message) {
        assertThat(message)
                .isInstanceOfSatisfying(
                        JsonRpc.Success.class,
                        success -> assertThat(success.result().getString("resultType"))
                                .isEqualTo("complete"));
    }
}
