package io.headgate.gateway.upstream.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Target;
import io.headgate.gateway.upstream.era.FakeServer;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.FakeServer.Script;
import io.headgate.gateway.upstream.era.FakeServer.Wire;
import io.headgate.gateway.upstream.era.SseScript;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.gateway.upstream.era.UpstreamFixture.LegacyScript;
import io.headgate.gateway.upstream.era.UpstreamFixture.TestSession;
import io.headgate.mcp.JsonRpc;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Servers that forget their sessions, because they were started again or for reasons of their own. */
class LostSessionsTest {
    private static final Duration PROMISED = Duration.ofSeconds(2);

    private final TestSession session = new TestSession("c1");

    /** One run of a server: it knows the sessions that it opened itself, and has a stream for each. */
    private static final class Run implements Script {
        private final LegacyScript script =
                new LegacyScript((request, wire) -> wire.result(request, "{\"content\":[]}"));
        private final int unknown;
        final Map<String, Wire> streams = new ConcurrentHashMap<>();

        Run(String name, int unknown) {
            this.unknown = unknown;
            script.idPrefix = name;
            script.capabilities = "{\"tools\":{},\"prompts\":{},\"resources\":{\"subscribe\":true},\"logging\":{}}";
            script.get = (request, wire) -> {
                streams.put(session(request), wire.stream());
                wire.hang();
            };
        }

        @Override
        public void answer(Received request, Wire wire) throws Exception {
            if (request.header("mcp-session-id") == null || script.ids.contains(session(request))) {
                script.answer(request, wire);
            } else {
                wire.answer(
                        unknown,
                        "application/json",
                        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"No valid session ID\"},\"id\":null}");
            }
        }
    }

    private static String session(Received request) {
        return String.valueOf(request.header("mcp-session-id"));
    }

    private Exchange request(String method, String params) {
        Exchange exchange = UpstreamFixture.legacyCall(method, params, session);
        return params.contains("uri") ? exchange.withTarget(new Target("u1", Target.Kind.RESOURCE, "a:b")) : exchange;
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 400})
    void setsUpAgainWhatTheServerForgot(int unknown) throws Exception {
        Run before = new Run("before-", unknown);
        FakeServer first = new FakeServer(before);
        try (UpstreamFixture fixture =
                new UpstreamFixture(first, UpstreamFixture.config(first.url(), UpstreamFixture.QUICK))) {
            BlockingQueue<String> changes = new LinkedBlockingQueue<>();
            BlockingQueue<String> heard = new LinkedBlockingQueue<>();
            Disposable changing = fixture.upstream.changes().subscribe(changes::add);
            fixture.call(request("resources/subscribe", "{\"uri\":\"a:b\"}"));
            fixture.call(request("logging/setLevel", "{\"level\":\"error\"}"));
            Disposable listening = fixture.upstream
                    .listen(request("any", "{}"), List.of())
                    .subscribe(message -> heard.add(text(message)));
            UpstreamFixture.eventually(() -> before.streams.size() == 2);

            first.close();
            Long unused = Mono.delay(Duration.ofSeconds(3)).block();
            Run after = new Run("after-", unknown);
            try (FakeServer second = FakeServer.inPlaceOf(first, after)) {
                assertThat(heard.poll(PROMISED.toMillis(), TimeUnit.MILLISECONDS))
                        .isEqualTo("notifications/resources/updated {\"uri\":\"a:b\"}");
                Received subscribed = second.received("resources/subscribe").get(0);
                Received level = second.received("logging/setLevel").get(0);
                assertThat(level.body()).contains("\"level\":\"error\"");
                assertThat(session(level)).isEqualTo(session(subscribed)).startsWith("after-");
                Objects.requireNonNull(after.streams.get(session(subscribed)))
                        .event(
                                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"a:b\",\"n\":2}}");
                assertThat(heard.poll(30, TimeUnit.SECONDS)).contains("\"n\":2");
                UpstreamFixture.eventually(() -> changes.containsAll(List.of(
                        "notifications/tools/list_changed",
                        "notifications/prompts/list_changed",
                        "notifications/resources/list_changed")));
                assertThat(renewed(fixture, "session")).isEqualTo(2);
                assertThat(renewed(fixture, "subscription")).isOne();
                assertThat(heard).isEmpty();
            }
            changing.dispose();
            listening.dispose();
        }
    }

    @Test
    void tellsAModernClientOnceTheServerKnowsItsSubscriptionAgain() throws Exception {
        Run before = new Run("before-", 404);
        FakeServer first = new FakeServer(before);
        try (UpstreamFixture fixture =
                new UpstreamFixture(first, UpstreamFixture.config(first.url(), UpstreamFixture.QUICK))) {
            BlockingQueue<String> heard = new LinkedBlockingQueue<>();
            Disposable listening = fixture.upstream
                    .listen(UpstreamFixture.tool("any"), List.of("a:b"))
                    .subscribe(message -> heard.add(text(message)));
            assertThat(heard.poll(30, TimeUnit.SECONDS)).startsWith("notifications/subscriptions/acknowledged");

            first.close();
            Long unused = Mono.delay(Duration.ofSeconds(3)).block();
            try (FakeServer second = FakeServer.inPlaceOf(first, new Run("after-", 404))) {
                assertThat(heard.poll(PROMISED.toMillis(), TimeUnit.MILLISECONDS))
                        .isEqualTo("notifications/resources/updated {\"uri\":\"a:b\"}");
                assertThat(second.received("resources/subscribe")).hasSize(1);
            }
            listening.dispose();
        }
    }

    @Test
    void leavesToTheNextCallWhatNoClientWaitsFor() throws Exception {
        FakeServer first = new FakeServer(new Run("before-", 404));
        try (UpstreamFixture fixture =
                new UpstreamFixture(first, UpstreamFixture.config(first.url(), UpstreamFixture.QUICK))) {
            fixture.call(request("tools/call", "{\"name\":\"t\"}"));
            assertThat(fixture.upstream.state().sessions()).isEqualTo(2);

            first.close();
            UpstreamFixture.eventually(() -> waiting(fixture) == 2);
            try (FakeServer second = FakeServer.inPlaceOf(first, new Run("after-", 404))) {
                UpstreamFixture.eventually(() -> waiting(fixture) == 0);
                // One of the two may be counted still that are about to be lost.
                UpstreamFixture.eventually(() -> !second.received("initialize").isEmpty());
                UpstreamFixture.eventually(() -> fixture.upstream.state().sessions() == 1);
                assertThat(second.received("initialize")).hasSize(1);
                fixture.call(request("tools/call", "{\"name\":\"t\"}"));
                assertThat(second.received("initialize")).hasSize(2);
            }
        }
    }

    @Test
    void tellsAClientThatComesToListenLaterWhatItMissed() throws Exception {
        Run before = new Run("before-", 404);
        FakeServer first = new FakeServer(before);
        try (UpstreamFixture fixture =
                new UpstreamFixture(first, UpstreamFixture.config(first.url(), UpstreamFixture.QUICK))) {
            fixture.call(request("resources/subscribe", "{\"uri\":\"a:b\"}"));
            first.close();
            UpstreamFixture.eventually(() -> waiting(fixture) == 2);
            try (FakeServer second = FakeServer.inPlaceOf(first, new Run("after-", 404))) {
                UpstreamFixture.eventually(
                        () -> second.received("resources/subscribe").size() == 1);
                JsonRpc told = UpstreamFixture.await(
                        fixture.upstream.listen(request("any", "{}"), List.of()).next());
                assertThat(text(told)).isEqualTo("notifications/resources/updated {\"uri\":\"a:b\"}");
            }
        }
    }

    @Test
    void setsUpAgainASessionWithAnEventStreamOfItsOwn() throws Exception {
        SseScript script = new SseScript((request, stream) -> stream.result(request, "{\"content\":[]}"));
        script.capabilities = "{\"resources\":{\"subscribe\":true}}";
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            fixture.call(request("resources/subscribe", "{\"uri\":\"a:b\"}"));
            BlockingQueue<String> heard = new LinkedBlockingQueue<>();
            Disposable listening = fixture.upstream
                    .listen(request("any", "{}"), List.of())
                    .subscribe(message -> heard.add(text(message)));

            script.streams.get(1).cut();

            assertThat(heard.poll(PROMISED.toMillis(), TimeUnit.MILLISECONDS))
                    .isEqualTo("notifications/resources/updated {\"uri\":\"a:b\"}");
            assertThat(fixture.server().received("resources/subscribe")).hasSize(2);
            listening.dispose();
        }
    }

    @Test
    void repeatsACallOfWhichTheServerReadNothingInAnotherSession() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        LegacyScript script = new LegacyScript((request, wire) -> {
            if (calls.incrementAndGet() == 1) {
                wire.answer(
                        400,
                        "application/json",
                        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"No valid session ID\"},\"id\":null}");
            } else if (calls.get() == 2) {
                wire.result(request, "{\"content\":[]}");
            } else {
                wire.error(400, request, -32000, "");
            }
        });
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            assertThat(fixture.last(request("tools/call", "{\"name\":\"t\"}"))).isInstanceOf(JsonRpc.Success.class);
            List<Received> made = fixture.server().received("tools/call");
            assertThat(made).hasSize(2);
            assertThat(session(made.get(0))).isNotEqualTo(session(made.get(1)));

            // An answer that names the call is one, whatever its status is.
            assertThat(fixture.last(request("tools/call", "{\"name\":\"t\"}"))).isInstanceOf(JsonRpc.Failure.class);
            assertThat(fixture.server().received("tools/call")).hasSize(3);
        }
    }

    @Test
    void isNotLedToFloodAServerThatWantsItsStreamsBackAtOnce() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, "{}"));
        script.get = (request, wire) -> wire.stream().chunk("retry: 0\n\n").endStream();
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            fixture.dialect();
            Long unused = Mono.delay(Duration.ofSeconds(4)).block();
            assertThat(fixture.server().requests.stream()
                            .filter(request -> request.method().equals("GET"))
                            .count())
                    .isBetween(2L, 14L);
        }
    }

    @Test
    void opensAListenStreamAgainThatTheServerOnceHad() throws IOException {
        AtomicInteger streams = new AtomicInteger();
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> {
            int number = streams.incrementAndGet();
            if (number == 2) {
                // A proxy's page while the server is not there.
                wire.answer(404, "text/html", "<p>no such backend</p>");
                return;
            }
            wire.stream()
                    .event(
                            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"notifications\":{}}}");
            if (number == 1) {
                wire.endStream();
            } else {
                wire.hang();
            }
        })) {
            Flux<String> heard = fixture.upstream
                    .listen(UpstreamFixture.tool("echo"), List.of("x:1"))
                    .map(LostSessionsTest::text);
            assertThat(UpstreamFixture.await(heard.take(2).collectList()).get(1))
                    .isEqualTo("notifications/resources/updated {\"uri\":\"x:1\"}");
            assertThat(streams).hasValue(3);
        }
    }

    private static double renewed(UpstreamFixture fixture, String what) {
        return fixture.meters
                .get("headgate.upstream.renewed")
                .tag("what", what)
                .counter()
                .count();
    }

    private static int waiting(UpstreamFixture fixture) {
        return (int) fixture.meters.get("headgate.upstream.waiting").gauge().value();
    }

    private static String text(@Nullable JsonRpc message) {
        return message instanceof JsonRpc.Notification notification
                ? notification.method() + " " + notification.params()
                : String.valueOf(message);
    }
}
