package io.headgate.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.FakeUpstream.Received;
import io.headgate.gateway.upstream.FakeUpstream.Script;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamFixture.TestSession;
import io.headgate.mcp.JsonRpc;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class SseCallTest {
    private static final String OK = "{\"content\":[]}";
    private static final UpstreamLimits IMPATIENT = new UpstreamLimits(
            Duration.ofMillis(500), Duration.ofSeconds(5), Duration.ofSeconds(5), 65_536, 10, 1024, 1024, 4);

    private final TestSession session = new TestSession("c1");

    private static UpstreamFixture fixture(Script script) throws IOException {
        return fixture(script, UpstreamFixture.QUICK);
    }

    private static UpstreamFixture fixture(Script script, UpstreamLimits limits) throws IOException {
        FakeUpstream server = new FakeUpstream(script);
        return new UpstreamFixture(server, UpstreamFixture.config(server.url(), UpstreamTransport.SSE, limits));
    }

    private static Exchange call(String tool, TestSession session) {
        return UpstreamFixture.legacyCall(
                "tools/call", "{\"name\":\"" + tool + "\",\"_meta\":{\"progressToken\":\"t\"}}", session);
    }

    private Exchange call() {
        return call("echo", session);
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
        try (UpstreamFixture fixture = fixture(script)) {
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
        try (UpstreamFixture fixture = fixture(script)) {
            fixture.call(call());

            assertThat(fixture.upstream.state().protocolVersion()).isEqualTo("2025-06-18");
            assertThat(sent(fixture, "tools/call").get(0).header("mcp-protocol-version"))
                    .isEqualTo("2025-06-18");
        }
    }

    @Test
    void endsTheStreamWithTheClientsSession() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        try (UpstreamFixture fixture = fixture(script)) {
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
        try (UpstreamFixture fixture = fixture(script)) {
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
        try (UpstreamFixture fixture = fixture(script)) {
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
        try (UpstreamFixture fixture = fixture(script)) {
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
        try (UpstreamFixture fixture = fixture(script)) {
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
    void answersForAClientThatCannotBeAsked() throws IOException {
        SseScript script =
                new SseScript((request, stream) -> stream.ask("7", "roots/list").result(request, OK));
        try (UpstreamFixture fixture = fixture(script)) {
            assertThat(fixture.call(UpstreamFixture.tool("echo"))).hasSize(1);

            UpstreamFixture.eventually(() -> !answersPosted(fixture).isEmpty());
            assertThat(answersPosted(fixture).get(0)).contains("\"id\":7,\"error\":{\"code\":-32601");
            assertThat(sent(fixture, "initialize").get(1).body()).contains("\"capabilities\":{}");
            assertThat(sent(fixture, "tools/call").get(0).body()).doesNotContain("io.modelcontextprotocol/");
        }
    }

    @Test
    void tellsTheServerThatACallWasCancelled() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        SseScript script = new SseScript((request, stream) -> arrived.countDown());
        try (UpstreamFixture fixture = fixture(script)) {
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
        try (UpstreamFixture fixture = fixture(script, limits)) {
            assertThat(fixture.refusal(call()).reason()).isEqualTo(Reason.UPSTREAM_TIMEOUT);
            UpstreamFixture.eventually(
                    () -> !sent(fixture, "notifications/cancelled").isEmpty());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:1/messages?session=",
                "http://evil.example/messages?session=",
                "//evil.example/messages?session=",
                "https://127.0.0.1/messages?session=",
                "http://user:pass@127.0.0.1/messages?session=",
                "file:///etc/passwd?session=",
                "/messages with space?session="
            })
    void refusesAnEndpointThatLeadsElsewhere(String endpoint) throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        script.endpoint = endpoint;
        try (UpstreamFixture fixture = fixture(script)) {
            Refusal refusal = fixture.refusal(call());

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_PROTOCOL);
            assertThat(refusal.text()).contains("endpoint");
            assertThat(fixture.faults("foreign_endpoint")).isPositive();
            assertThat(fixture.server().requests)
                    .allMatch(request -> request.method().equals("GET"));
            UpstreamFixture.eventually(() -> fixture.upstream.state().connections() == 0);
        }
    }

    @Test
    void waitsForAnEndpointNoLongerThanAllowed() throws IOException {
        Script silent = (request, wire) -> {
            wire.stream().chunk(": nothing\n\n");
            wire.hang();
        };
        try (UpstreamFixture fixture = fixture(silent, IMPATIENT)) {
            Refusal refusal = fixture.refusal(call());

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            assertThat(refusal.text()).contains("endpoint");
            UpstreamFixture.eventually(() -> fixture.upstream.state().connections() == 0);
        }
    }

    @Test
    void refusesAStreamThatBeginsWithSomethingElse() throws IOException {
        Script other = (request, wire) -> {
            wire.stream().event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}");
            wire.hang();
        };
        try (UpstreamFixture fixture = fixture(other)) {
            assertThat(fixture.refusal(call()).reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            assertThat(fixture.faults("no_endpoint")).isPositive();
        }
    }

    @Test
    void losesItsCallsWithItsStreamAndOpensAnotherForTheNextOne() throws IOException {
        SseScript script = new SseScript((request, stream) -> {
            if (request.body().contains("fatal")) {
                stream.cut();
            } else if (request.body().contains("echo")) {
                stream.result(request, OK);
            }
        });
        try (UpstreamFixture fixture = fixture(script)) {
            fixture.call(call());
            Mono<Refusal> bystander = fixture.upstream
                    .handle(call("waits", session))
                    .then(Mono.<Refusal>empty())
                    .onErrorResume(Refusal.class, Mono::just)
                    .cache();
            bystander.subscribe(new Unheeded());
            UpstreamFixture.eventually(() -> sent(fixture, "tools/call").size() == 2);

            Refusal refusal = fixture.refusal(call("fatal", session));

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_AMBIGUOUS);
            assertThat(String.valueOf(refusal.data())).isEqualTo("{\"delivery\":\"unknown\"}");
            assertThat(UpstreamFixture.await(bystander).reason()).isEqualTo(Reason.UPSTREAM_AMBIGUOUS);
            assertThat(fixture.faults("session_lost")).isEqualTo(1);

            assertThat(fixture.last(call())).isInstanceOf(JsonRpc.Success.class);
            assertThat(sent(fixture, "tools/call")).hasSize(4);
            assertThat(script.streams).hasSize(3);
            assertThat(fixture.upstream.state().sessions()).isEqualTo(2);
        }
    }

    @Test
    void losesItsCallsWithAnEventThatIsTooLarge() throws IOException {
        SseScript script = new SseScript(
                (request, stream) -> stream.result(request, "{\"content\":\"" + "x".repeat(70_000) + "\"}"));
        UpstreamLimits limits = new UpstreamLimits(
                Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(30), 65_536, 10, 1024, 1024, 4);
        try (UpstreamFixture fixture = fixture(script, limits)) {
            assertThat(fixture.refusal(call()).reason()).isEqualTo(Reason.UPSTREAM_TOO_LARGE);
        }
    }

    @Test
    void opensAForgottenSessionForTheNextCallAndRepeatsNone() throws IOException {
        SseScript script = new SseScript((request, stream) -> {
            if (!request.body().contains("waits")) {
                stream.result(request, OK);
            }
        });
        try (UpstreamFixture fixture = fixture(script)) {
            BlockingQueue<JsonRpc> late = new LinkedBlockingQueue<>();
            Disposable bystander =
                    fixture.upstream.handle(call("waits", session)).subscribe(late::add);
            UpstreamFixture.eventually(() -> sent(fixture, "tools/call").size() == 1);

            Refusal refusal = fixture.refusal(call("forgotten", session));
            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            assertThat(fixture.upstream.state().isHealthy()).isTrue();

            assertThat(fixture.last(call())).isInstanceOf(JsonRpc.Success.class);
            assertThat(sent(fixture, "tools/call").get(2).path()).isEqualTo("/messages?session=3");
            assertThat(sent(fixture, "tools/call")).hasSize(3);

            // What was on its way in the old session still ends.
            script.streams.get(1).result(sent(fixture, "tools/call").get(0), OK);
            UpstreamFixture.eventually(() -> late.size() == 1);
            UpstreamFixture.eventually(() -> fixture.upstream.state().sessions() == 2);
            bystander.dispose();
        }
    }

    @Test
    void ignoresAnswersThatNobodyWaitsFor() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.say(
                        "{\"jsonrpc\":\"2.0\",\"id\":999999,\"result\":{\"content\":\"foreign\"}}")
                .say("{\"jsonrpc\":\"2.0\",\"id\":\"" + request.id() + "\",\"result\":{\"content\":\"text\"}}")
                .say("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"?\"}}")
                .say("no JSON")
                .result(request, OK)
                .result(request, "{\"content\":\"twice\"}"));
        try (UpstreamFixture fixture = fixture(script)) {
            List<JsonRpc> all = fixture.call(call());

            assertThat(all)
                    .singleElement()
                    .matches(
                            only -> ((JsonRpc.Success) only).result().toString().equals(OK));
            UpstreamFixture.eventually(() -> fixture.faults("unknown_response") + fixture.faults("sse_bad_event") == 5);
        }
    }

    @Test
    void doesNotCrossCallersWithTheSameId() throws IOException {
        BlockingQueue<Received> waiting = new LinkedBlockingQueue<>();
        SseScript script = new SseScript((request, stream) -> waiting.add(request));
        try (UpstreamFixture fixture = fixture(script)) {
            TestSession other = new TestSession("c2");
            Mono<List<JsonRpc>> answers = Flux.just(call("one", session), call("two", other), call("three", session))
                    .flatMapSequential(
                            exchange -> fixture.upstream.handle(exchange).last())
                    .collectList()
                    .cache();
            answers.subscribe(new Unheeded());
            UpstreamFixture.eventually(() -> waiting.size() == 3);
            assertThat(waiting.stream().map(Received::id)).doesNotHaveDuplicates();

            // In the opposite order, and everybody's answer also on the other one's stream.
            List<Received> all = List.copyOf(waiting);
            for (int i = 2; i >= 0; i--) {
                Received request = all.get(i);
                String name = request.body().replaceAll(".*\"name\":\"(\\w+)\".*", "$1");
                int own = request.path().endsWith("2") ? 1 : 2;
                script.streams.get(3 - own).result(request, "{\"content\":\"stolen\"}");
                script.streams.get(own).result(request, "{\"content\":\"" + name + "\"}");
            }

            assertThat(UpstreamFixture.await(answers))
                    .extracting(answer -> ((JsonRpc.Success) answer).result().getString("content"))
                    .containsExactly("one", "two", "three");
        }
    }

    @Test
    void endsACallWhoseMessagesAreNotTaken() throws Exception {
        CountDownLatch flooded = new CountDownLatch(1);
        SseScript script = new SseScript((request, stream) -> {
            if (request.body().contains("flood")) {
                String filler = "x".repeat(10_000);
                for (int i = 0; i < 200; i++) {
                    stream.tell("notifications/message", "{\"level\":\"info\",\"data\":\"" + filler + "\"}");
                }
                flooded.countDown();
            } else {
                stream.result(request, OK);
            }
        });
        try (UpstreamFixture fixture = fixture(script)) {
            BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
            fixture.upstream.handle(call("flood", session)).subscribe(new BaseSubscriber<JsonRpc>() {
                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                    subscription.request(1);
                }

                @Override
                protected void hookOnError(Throwable failure) {
                    failures.add(failure);
                }
            });
            Refusal refusal = (Refusal) failures.poll(30, TimeUnit.SECONDS);

            assertThat(refusal).isNotNull();
            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_AMBIGUOUS);
            assertThat(flooded.await(30, TimeUnit.SECONDS)).isTrue();
            UpstreamFixture.eventually(
                    () -> !sent(fixture, "notifications/cancelled").isEmpty());
            assertThat(fixture.last(call())).isInstanceOf(JsonRpc.Success.class);
            assertThat(script.streams).hasSize(2);
        }
    }

    @Test
    void comesBackForTheChangesItMissed() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        try (UpstreamFixture fixture = fixture(script)) {
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
    void passesWhatTheServerRefusesAtTheEndpoint() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        Script throttled = (request, wire) -> {
            if (request.rpcMethod().equals("tools/call")) {
                wire.answer(429, "text/plain", "slow down", "Retry-After: 3");
            } else {
                script.answer(request, wire);
            }
        };
        try (UpstreamFixture fixture = fixture(throttled)) {
            Refusal refusal = fixture.refusal(call());

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_THROTTLED);
            assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(3));
        }
    }
}
