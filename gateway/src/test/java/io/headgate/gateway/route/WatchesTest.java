package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.filter.ClientSession;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** What a session hears of the resources that it watches at a server without sessions. */
class WatchesTest {
    private final Fleet fleet = new Fleet();
    private final OpenSession session = new OpenSession();
    private final FakeUpstream upstream = fleet.add("u1").resource("x:1").resource("x:2");

    @BeforeEach
    void start() {
        upstream.acknowledgement = WatchesTest::allOf;
        fleet.start();
    }

    @Test
    void widensTheStreamAndClosesTheOneBefore() {
        assertThat(subscribe("u1+x:1")).isEqualTo("{}");
        assertThat(subscribe("u1+x:2")).isEqualTo("{}");
        assertThat(subscribe("u1+x:2")).isEqualTo("{}");
        assertThat(upstream.listens).containsExactly(List.of("x:1"), List.of("x:1", "x:2"));
        assertThat(upstream.events.currentSubscriberCount()).isEqualTo(2);
        fleet.pass(Duration.ofSeconds(1));
        assertThat(upstream.events.currentSubscriberCount()).isEqualTo(1);
        assertThat(watched()).isEqualTo(2);
    }

    @Test
    void tellsTheStandingStreamInTheClientsWordsUntilItUnsubscribes() {
        subscribe("u1+x:1");
        subscribe("u1+x:2");
        fleet.pass(Duration.ofSeconds(1));
        Exchange listen = in(session, Fleet.legacy(Methods.LISTEN, "{\"notifications\":{}}"));
        StepVerifier.create(fleet.router.handle(listen).skip(1).map(WatchesTest::uri))
                .then(() -> update("x:1"))
                .expectNext("u1+x:1")
                .then(() -> update("x:1/part"))
                .expectNext("u1+x:1/part")
                .then(() -> unsubscribe("u1+x:1"))
                .then(() -> update("x:1"))
                .then(() -> update("x:2"))
                .expectNext("u1+x:2")
                .thenCancel()
                .verify(Fleet.BOUND);
    }

    @Test
    void closesTheStreamWithTheLastResourceAndWithTheSession() {
        subscribe("u1+x:1");
        unsubscribe("u1+x:1");
        assertThat(upstream.events.currentSubscriberCount()).isZero();
        subscribe("u1+x:2");
        assertThat(upstream.events.currentSubscriberCount()).isEqualTo(1);
        session.end();
        assertThat(upstream.events.currentSubscriberCount()).isZero();
        assertThat(watched()).isZero();
    }

    @Test
    void saysSoWhenTheServerDoesNotAgree() {
        subscribe("u1+x:1");
        upstream.acknowledgement = uris -> allOf(List.of("x:1"));
        JsonRpc refused = send(Methods.RESOURCES_SUBSCRIBE, "u1+x:2").blockLast(Fleet.BOUND);
        assertThat(refused)
                .isInstanceOfSatisfying(
                        JsonRpc.Failure.class,
                        failure -> assertThat(failure.data()).hasToString("{\"uri\":\"u1+x:2\"}"));
        assertThat(watched()).isEqualTo(1);
    }

    @Test
    void refusesWhenTheServerSaysNothing() {
        upstream.isSilent = true;
        StepVerifier.create(send(Methods.RESOURCES_SUBSCRIBE, "u1+x:1"))
                .expectSubscription()
                .then(() -> fleet.pass(Duration.ofSeconds(5)))
                .verifyErrorSatisfies(
                        error -> assertThat(((Refusal) error).reason()).isEqualTo(Refusal.Reason.UPSTREAM_TIMEOUT));
        assertThat(upstream.events.currentSubscriberCount()).isZero();
        assertThat(watched()).isZero();
    }

    @Test
    void isBounded() {
        for (int i = 0; i < 1_000; i++) {
            subscribe("u1+x:" + i);
        }
        assertThatThrownBy(() -> subscribe("u1+y:1")).hasMessageContaining("too many subscriptions");
        assertThat(subscribe("u1+x:1")).isEqualTo("{}");
    }

    @Test
    void leavesServersWithSessionsToThemselves() {
        upstream.era = Era.LEGACY;
        subscribe("u1+x:1");
        assertThat(upstream.calls).extracting(Exchange::method).containsExactly(Methods.RESOURCES_SUBSCRIBE);
        assertThat(upstream.listens).isEmpty();
    }

    @Test
    void endsWhatItWatchesAlsoWhenTheServerKeepsSessionsNow() {
        subscribe("u1+x:1");
        upstream.keepsSessions = true;
        unsubscribe("u1+x:1");
        assertThat(watched()).isZero();
        assertThat(upstream.calls).isEmpty();
        subscribe("u1+x:2");
        assertThat(upstream.calls).extracting(Exchange::method).containsExactly(Methods.RESOURCES_SUBSCRIBE);
    }

    private String subscribe(String uri) {
        return Fleet.result(send(Methods.RESOURCES_SUBSCRIBE, uri)).toString();
    }

    private void unsubscribe(String uri) {
        assertThat(Fleet.result(send(Methods.RESOURCES_UNSUBSCRIBE, uri))).hasToString("{}");
    }

    private Flux<JsonRpc> send(String method, String uri) {
        return fleet.router.handle(in(session, Fleet.legacy(method, "{\"uri\":" + JsonStrings.quote(uri) + "}")));
    }

    private void update(String uri) {
        upstream.send(new JsonRpc.Notification(
                Methods.RESOURCE_UPDATED, RawJson.of("{\"uri\":" + JsonStrings.quote(uri) + "}")));
    }

    private double watched() {
        return fleet.meters.get("headgate.bridge.watched.resources").gauge().value();
    }

    private static @Nullable String uri(JsonRpc message) {
        RawJson params = ((JsonRpc.Notification) message).params();
        return params == null ? null : params.getString("uri");
    }

    private static RawJson allOf(List<String> uris) {
        return RawJson.of(uris.stream()
                .map(JsonStrings::quote)
                .collect(Collectors.joining(",", "{\"notifications\":{\"resourceSubscriptions\":[", "]}}")));
    }

    private static Exchange in(ClientSession session, Exchange exchange) {
        return new Exchange(
                exchange.message(),
                exchange.target(),
                exchange.route(),
                exchange.caller(),
                exchange.client(),
                session,
                exchange.headers());
    }

    private static final class OpenSession implements ClientSession {
        private final List<Runnable> actions = new ArrayList<>();

        @Override
        public String id() {
            return "s";
        }

        @Override
        public void onEnd(Runnable action) {
            actions.add(action);
        }

        void end() {
            actions.forEach(Runnable::run);
        }
    }
}
