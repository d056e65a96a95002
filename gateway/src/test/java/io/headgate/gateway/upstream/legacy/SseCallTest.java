package io.headgate.gateway.upstream.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamState;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.era.FakeServer;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.SseScript;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.gateway.upstream.era.UpstreamFixture.TestSession;
import io.headgate.mcp.JsonRpc;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class SseCallTest {
    private static final String OK = "{\"content\":[]}";

    private final TestSession session = new TestSession("c1");

    private Exchange call() {
        return SseScript.call("echo", session);
    }

    private static List<Received> sent(UpstreamFixture fixture, String method) {
        return fixture.server().received(method);
    }

    private static List<String> answersPosted(UpstreamFixture fixture) {
        return fixture.server().requests.stream()
                .filter(request ->
                        request.method().equals("POST") && request.rpcMethod().isEmpty())
                .map(Received::body)
                .toList();
    }

    @Test
    void listsAndCallsOnOneStreamForEachSession() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            Listing listing = UpstreamFixture.await(fixture.upstream.list());
            assertThat(listing.tools()).hasSize(1);
            assertThat(listing.ttlMillis()).isZero();

            Flux.range(0, 50)
                    .flatMap(i -> fixture.upstream.handle(call()), 50)
                    .then()
                    .block(UpstreamFixture.PATIENCE);

            assertThat(script.streams).hasSize(2);
            assertThat(sent(fixture, "server/discover")).isEmpty();
            assertThat(sent(fixture, "initialize").get(1).body())
                    .contains("\"capabilities\":{\"sampling\":{}},\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}");
            assertThat(sent(fixture, "tools/call")).hasSize(50).allSatisfy(request -> {
                assertThat(request.path()).isEqualTo("/messages?session=2");
                assertThat(request.header("x-key")).isEqualTo("k");
                assertThat(request.header("host")).startsWith("127.0.0.1:");
                assertThat(request.header("mcp-protocol-version")).isNull();
                assertThat(request.header("mcp-session-id")).isNull();
            });
            UpstreamState state = fixture.upstream.state();
            assertThat(state.era()).isEqualTo(UpstreamState.Era.LEGACY);
            assertThat(state.transport()).isEqualTo(UpstreamTransport.SSE);
            assertThat(state.protocolVersion()).isEqualTo("2024-11-05");
            assertThat(state.sessions()).isEqualTo(2);
            UpstreamFixture.eventually(() -> fixture.upstream.state().callsInFlight() == 0);
        }
    }

    @Test
    void namesALaterRevisionThatWasAgreedOn() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        script.version = "2025-06-18";
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            fixture.call(call());

            assertThat(fixture.upstream.state().protocolVersion()).isEqualTo("2025-06-18");
            assertThat(sent(fixture, "tools/call").get(0).header("mcp-protocol-version"))
                    .isEqualTo("2025-06-18");
        }
    }

    @Test
    void endsTheStreamWithTheClientsSession() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            fixture.call(call());
            assertThat(fixture.upstream.state().sessions()).isEqualTo(2);
            int connections = fixture.upstream.state().connections();

            session.end();

            UpstreamFixture.eventually(() -> fixture.upstream.state().sessions() == 1
                    && fixture.upstream.state().connections() == connections - 1);
        }
    }

    @Test
    void passesProgressUnderTheClientsToken() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.tell(
                        "notifications/progress", "{\"progressToken\":" + request.id() + ",\"progress\":1}")
                .tell("notifications/progress", "{\"progressToken\":\"t\",\"progress\":2}")
                .tell("notifications/message", "{\"level\":\"info\",\"data\":\"x\"}")
                .result(request, OK));
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            List<JsonRpc> all = fixture.call(call());

            assertThat(all).hasSize(3);
            assertThat(((JsonRpc.Notification) all.get(0)).params())
                    .hasToString("{\"progressToken\":\"t\",\"progress\":1}");
            assertThat(((JsonRpc.Notification) all.get(1)).method()).isEqualTo("notifications/message");
            assertThat(fixture.faults("foreign_progress")).isEqualTo(1);
        }
    }

    @Test
    void passesAServersError() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.say("{\"jsonrpc\":\"2.0\",\"id\":" + request.id()
                + ",\"error\":{\"code\":-32602,\"message\":\"no such tool\"}}"));
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            JsonRpc.Failure failure = (JsonRpc.Failure) fixture.last(call());

            assertThat(failure.code()).isEqualTo(-32602);
            assertThat(failure.message()).isEqualTo("no such tool");
        }
    }

    @Test
    void asksTheClientAndPostsTheAnswer() throws IOException {
        Received[] asking = new Received[1];
        SseScript script = new SseScript((request, stream) -> {
            asking[0] = request;
            stream.ask("\"p-1\"", "ping").ask("7", "sampling/createMessage");
        });
        script.answers = (answer, stream) -> {
            if (answer.id().equals("7")) {
                stream.result(asking[0], OK);
            }
        };
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            List<JsonRpc> all = fixture.upstream
                    .handle(call())
                    .doOnNext(message -> {
                        if (message instanceof JsonRpc.Question question) {
                            assertThat(question.method()).isEqualTo("sampling/createMessage");
                            question.answer().accept(JsonRpc.Success.of("{\"role\":\"x\"}"));
                            question.answer().accept(JsonRpc.Success.of("{\"role\":\"again\"}"));
                        }
                    })
                    .collectList()
                    .block(UpstreamFixture.PATIENCE);

            assertThat(all).hasSize(2);
            UpstreamFixture.eventually(() -> answersPosted(fixture).size() == 2);
            assertThat(answersPosted(fixture))
                    .containsExactlyInAnyOrder(
                            "{\"jsonrpc\":\"2.0\",\"id\":\"p-1\",\"result\":{}}",
                            "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"role\":\"x\"}}");
        }
    }

    @Test
    void asksWhoListensWhileSeveralCallsAreOnTheirWay() throws IOException {
        BlockingQueue<Received> waiting = new LinkedBlockingQueue<>();
        SseScript script = new SseScript((request, stream) -> {
            waiting.add(request);
            if (waiting.size() == 2) {
                stream.ask("7", "roots/list");
            }
        });
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            List<JsonRpc> heard = new CopyOnWriteArrayList<>();
            Disposable calls = Flux.merge(fixture.upstream.handle(call()), fixture.upstream.handle(call()))
                    .subscribe(heard::add);
            JsonRpc asked = UpstreamFixture.await(
                    fixture.upstream.listen(call(), List.of()).next());

            assertThat(((JsonRpc.Question) asked).method()).isEqualTo("roots/list");
            assertThat(heard).isEmpty();
            calls.dispose();
        }
    }

    @Test
    void answersForClientsThatShareASession() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.ask("7", "roots/list")
                .tell("notifications/message", "{\"level\":\"info\",\"data\":\"x\"}")
                .result(request, OK));
        FakeServer server = new FakeServer(script);
        UpstreamConfig stateless = new UpstreamConfig(
                "u1",
                server.url(),
                UpstreamTransport.SSE,
                /* prefix= */ "",
                Map.of(),
                /* isStateless= */ true,
                /* http2PriorKnowledge= */ false,
                /* trustFile= */ null,
                UpstreamFixture.QUICK);
        try (UpstreamFixture fixture = new UpstreamFixture(server, stateless)) {
            assertThat(fixture.call(UpstreamFixture.tool("echo"))).hasSize(1);
            assertThat(fixture.call(call())).hasSize(1);

            UpstreamFixture.eventually(() -> answersPosted(fixture).size() == 2);
            assertThat(answersPosted(fixture))
                    .allSatisfy(answer -> assertThat(answer).contains("\"id\":7,\"error\":{\"code\":-32601"));
            assertThat(script.streams).hasSize(2);
            assertThat(sent(fixture, "initialize").get(1).body()).contains("\"capabilities\":{}");
            assertThat(sent(fixture, "tools/call").get(0).body()).doesNotContain("io.modelcontextprotocol/");
        }
    }

    @Test
    void lendsASessionToOneCallOfAModernClientAtATime() throws IOException {
        BlockingQueue<Runnable> answers = new LinkedBlockingQueue<>();
        SseScript script = new SseScript((request, stream) -> answers.add(() -> stream.result(request, OK)));
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            Disposable three = Flux.range(0, 3)
                    .flatMap(i -> fixture.upstream.handle(UpstreamFixture.tool("echo")), 3)
                    .subscribe();
            UpstreamFixture.eventually(() -> answers.size() == 3);
            assertThat(script.streams).hasSize(4);
            List<Runnable> first = new ArrayList<>();
            answers.drainTo(first);
            first.forEach(Runnable::run);
            UpstreamFixture.eventually(three::isDisposed);

            Disposable next =
                    fixture.upstream.handle(UpstreamFixture.tool("echo")).subscribe();
            UpstreamFixture.eventually(() -> answers.size() == 1);
            Disposable other = fixture.upstream
                    .handle(UpstreamFixture.tool("echo").withCaller(new Caller("bob")))
                    .subscribe();
            UpstreamFixture.eventually(() -> answers.size() == 2);
            assertThat(script.streams).hasSize(5);
            answers.forEach(Runnable::run);
            UpstreamFixture.eventually(() -> next.isDisposed() && other.isDisposed());
            assertThat(fixture.upstream.state().sessions()).isEqualTo(5);

            int connections = fixture.upstream.state().connections();
            LegacyBack back = (LegacyBack) fixture.dialect();
            back.sessions.expire(System.nanoTime() + Duration.ofMinutes(6).toNanos());
            assertThat(fixture.upstream.state().sessions()).isEqualTo(1);
            UpstreamFixture.eventually(() -> fixture.upstream.state().connections() <= connections - 4);
            assertThat(sent(fixture, "notifications/cancelled")).isEmpty();
        }
    }

    @Test
    void endsTheSessionOfAModernClientsCallThatTakesTooLong() throws IOException {
        SseScript script = new SseScript((request, stream) -> {});
        UpstreamLimits limits = new UpstreamLimits(
                Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofMillis(400), 65_536, 10, 1024, 1024, 4);
        try (UpstreamFixture fixture = SseScript.fixture(script, limits)) {
            assertThat(fixture.refusal(UpstreamFixture.tool("echo")).reason()).isEqualTo(Reason.UPSTREAM_TIMEOUT);
            UpstreamFixture.eventually(() -> fixture.upstream.state().sessions() == 1);
            assertThat(sent(fixture, "notifications/cancelled"))
                    .singleElement()
                    .matches(cancelled -> cancelled.path().equals("/messages?session=2"));
        }
    }

    @Test
    void endsTheSessionOfAModernClientsCallThatTheServerRefuses() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        FakeServer server = new FakeServer((request, wire) -> {
            if (request.body().contains("\"refused\"")) {
                wire.answer(500, "text/plain", "no");
            } else {
                script.answer(request, wire);
            }
        });
        UpstreamConfig config = UpstreamFixture.config(server.url(), UpstreamTransport.SSE, UpstreamFixture.QUICK);
        try (UpstreamFixture fixture = new UpstreamFixture(server, config)) {
            for (String tool : List.of("refused", "forgotten")) {
                assertThat(fixture.last(UpstreamFixture.tool("echo"))).isInstanceOf(JsonRpc.Success.class);
                assertThat(fixture.upstream.state().sessions()).isEqualTo(2);
                fixture.refusal(UpstreamFixture.tool(tool));
                UpstreamFixture.eventually(() -> fixture.upstream.state().sessions() == 1);
            }
            assertThat(script.streams).hasSize(3);
        }
    }

    @Test
    void tellsOfResourcesThatAModernClientWatches() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        script.capabilities = "{\"resources\":{\"subscribe\":true}}";
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            BlockingQueue<JsonRpc> heard = new LinkedBlockingQueue<>();
            Disposable listening = fixture.upstream
                    .listen(UpstreamFixture.tool("any"), List.of("a:b"))
                    .subscribe(heard::add);
            UpstreamFixture.eventually(
                    () -> !sent(fixture, "resources/subscribe").isEmpty());
            UpstreamFixture.eventually(() -> heard.poll() != null);

            script.streams.get(0).tell("notifications/resources/updated", "{\"uri\":\"a:b\"}");
            UpstreamFixture.eventually(() -> heard.poll() instanceof JsonRpc.Notification update
                    && update.method().equals("notifications/resources/updated"));

            script.streams.get(0).cut();
            UpstreamFixture.eventually(
                    () -> sent(fixture, "resources/subscribe").size() == 2);
            UpstreamFixture.eventually(() -> heard.poll() instanceof JsonRpc.Notification update
                    && update.method().equals("notifications/resources/updated"));
            assertThat(script.streams).hasSize(2);
            listening.dispose();
        }
    }

    @Test
    void tellsTheServerThatACallWasCancelled() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        SseScript script = new SseScript((request, stream) -> arrived.countDown());
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            Disposable call = fixture.upstream.handle(call()).subscribe();
            assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
            UpstreamFixture.eventually(() -> fixture.upstream.state().callsInFlight() == 1);

            call.dispose();

            UpstreamFixture.eventually(
                    () -> !sent(fixture, "notifications/cancelled").isEmpty());
            Received cancelled = sent(fixture, "notifications/cancelled").get(0);
            assertThat(cancelled.body())
                    .contains("\"requestId\":"
                            + sent(fixture, "tools/call").get(0).id() + ",");
            assertThat(cancelled.path()).isEqualTo("/messages?session=2");
            UpstreamFixture.eventually(() -> fixture.upstream.state().callsInFlight() == 0);
        }
    }

    @Test
    void givesUpACallThatTakesTooLong() throws IOException {
        SseScript script = new SseScript((request, stream) -> {});
        UpstreamLimits limits = new UpstreamLimits(
                Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofMillis(400), 65_536, 10, 1024, 1024, 4);
        try (UpstreamFixture fixture = SseScript.fixture(script, limits)) {
            assertThat(fixture.refusal(call()).reason()).isEqualTo(Reason.UPSTREAM_TIMEOUT);
            UpstreamFixture.eventually(
                    () -> !sent(fixture, "notifications/cancelled").isEmpty());
        }
    }

    @Test
    void doesNotCountTheTimeThatAPersonThinks() throws Exception {
        Received[] asking = new Received[1];
        SseScript script = new SseScript((request, stream) -> {
            asking[0] = request;
            stream.ask("7", "sampling/createMessage");
        });
        script.answers = (answer, stream) -> {
            if (answer.body().contains("\"role\"")) {
                stream.result(asking[0], OK);
            }
        };
        UpstreamLimits limits = new UpstreamLimits(
                Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(2), 65_536, 10, 1024, 1024, 4);
        try (UpstreamFixture fixture = SseScript.fixture(script, limits)) {
            BlockingQueue<JsonRpc> heard = new LinkedBlockingQueue<>();
            Disposable call = fixture.upstream.handle(call()).subscribe(heard::add);
            JsonRpc.Question question = (JsonRpc.Question) heard.poll(30, TimeUnit.SECONDS);
            UpstreamFixture.await(Mono.delay(Duration.ofSeconds(3)));
            assertThat(call.isDisposed()).isFalse();
            assertThat(question).isNotNull();

            question.answer().accept(JsonRpc.Success.of("{\"role\":\"x\"}"));

            assertThat(heard.poll(30, TimeUnit.SECONDS)).isInstanceOf(JsonRpc.Success.class);
            UpstreamFixture.eventually(() -> fixture.upstream.state().callsInFlight() == 0);
        }
    }

    @Test
    void comesBackForTheChangesItMissed() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            UpstreamFixture.await(fixture.upstream.list());
            BlockingQueue<String> changes = new LinkedBlockingQueue<>();
            Disposable changing = fixture.upstream.changes().subscribe(changes::add);
            script.streams.get(0).tell("notifications/tools/list_changed", "{}");
            UpstreamFixture.eventually(() -> changes.poll() != null);

            script.streams.get(0).cut();

            UpstreamFixture.eventually(() -> script.streams.size() == 2 && !changes.isEmpty());
            changing.dispose();
        }
    }

    @Test
    void endsWhatIsIdleButNotItsOwn() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            fixture.call(call());
            fixture.call(SseScript.call("echo", new TestSession("c2")));
            Disposable listening = fixture.upstream.listen(call(), List.of()).subscribe();
            LegacyBack back = (LegacyBack) fixture.dialect();
            long now = System.nanoTime();

            back.sessions.expire(now + Duration.ofMinutes(29).toNanos());
            assertThat(fixture.upstream.state().sessions()).isEqualTo(3);
            back.sessions.expire(now + Duration.ofMinutes(31).toNanos());

            // The own session, and one that somebody listens to.
            assertThat(fixture.upstream.state().sessions()).isEqualTo(2);
            listening.dispose();
        }
    }
}
