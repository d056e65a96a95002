package io.headgate.gateway.upstream.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.era.FakeServer;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.FakeServer.Wire;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.gateway.upstream.era.UpstreamFixture.LegacyScript;
import io.headgate.gateway.upstream.era.UpstreamFixture.TestSession;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Calls of clients without a session at a server with sessions. */
class SessionPoolTest {
    private static final String OK = "{\"content\":[]}";
    private static final String QUESTION =
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"elicitation/create\",\"params\":{\"message\":\"?\"}}";

    @Test
    void lendsASessionToOneCallAtATimeAndThenToTheNext() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        LegacyScript script = new LegacyScript((request, wire) -> {
            go.await(30, TimeUnit.SECONDS);
            wire.result(request, OK);
        });
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            Mono<Void> three = Flux.range(0, 3)
                    .flatMap(i -> fixture.upstream.handle(call("alice", "{\"elicitation\":{}}")), 3)
                    .then();
            Disposable running = three.subscribe();
            UpstreamFixture.eventually(
                    () -> fixture.server().received("tools/call").size() == 3);
            assertThat(sessions(fixture)).doesNotHaveDuplicates();
            go.countDown();
            UpstreamFixture.eventually(running::isDisposed);
            assertThat(fixture.upstream.state().sessions()).isEqualTo(4);

            fixture.call(call("alice", "{\"elicitation\":{}}"));
            assertThat(fixture.upstream.state().sessions()).isEqualTo(4);
            fixture.call(call("alice", "{\"sampling\":{},\"roots\":{},\"extensions\":{\"x\":{}}}"));
            fixture.call(call("bob", "{\"elicitation\":{}}"));
            assertThat(sessions(fixture).subList(3, 6)).doesNotHaveDuplicates();
            assertThat(sessions(fixture).subList(0, 3))
                    .contains(sessions(fixture).get(3))
                    .doesNotContainAnyElementsOf(sessions(fixture).subList(4, 6));
            assertThat(fixture.server().received("initialize").stream()
                            .map(Received::body)
                            // The gateway's own session declares roots, too.
                            .filter(body -> body.contains("roots") && !body.contains("elicitation")))
                    .singleElement()
                    .asString()
                    .contains("\"capabilities\":{\"sampling\":{},\"roots\":{}}");
        }
    }

    /** However a client writes down what it can do, and whatever it adds, the server is told one of a few things. */
    @Test
    void clientsThatCanDoTheSameShareASession() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, OK));
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            for (int i = 0; i < 300; i++) {
                fixture.call(call(
                        "eve", "{\"elicitation\":{\"x" + i + "\":{}}, " + " ".repeat(i % 7) + "\"y" + i + "\":1}"));
            }
            assertThat(fixture.server().received("initialize").stream()
                            .filter(request -> request.body().contains("\"capabilities\":{\"elicitation\":{}}")))
                    .hasSize(1);
        }
    }

    @Test
    void tellsServersWhatTheyKnow() {
        assertThat(Declared.of(
                                client(
                                        " { \"roots\" : {\"listChanged\": true, \"z\":1}, \"sampling\":{\"context\":{\"a\":1}, "
                                                + "\"tools\":{}}, \"elicitation\":{\"url\":{},\"form\":true}, \"experimental\":{}}"))
                        .toString())
                .isEqualTo("{\"elicitation\":{\"url\":{}},\"sampling\":{\"tools\":{},\"context\":{}},"
                        + "\"roots\":{\"listChanged\":true}}");
        assertThat(Declared.of(client(
                                "{\"extensions\":{\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[ \"text/html\", 1, \""
                                        + "x".repeat(200) + "\"],\"more\":2}}}"))
                        .toString())
                .isEqualTo("{\"extensions\":{\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[\"text/html\"]}}}");
        assertThat(Declared.of(client("{\"elicitation\":7}"))).isEqualTo(RawJson.EMPTY_OBJECT);
    }

    /** What differs all the same, as the names of media types do, leaves a bounded number of sessions behind. */
    @Test
    void oneCallerLeavesNoMoreSessionsBehindThanLeaveRoomForOthers() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, OK));
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            for (int i = 0; i < SessionPool.MOST_IDLE + 50; i++) {
                fixture.call(call(
                        "eve",
                        "{\"extensions\":{\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[\"text/x-" + i + "\"]}}}"));
            }
            fixture.call(call("alice", "{}"));
            // Besides the gateway's own and the one of alice.
            UpstreamFixture.eventually(() -> fixture.upstream.state().sessions() == SessionPool.MOST_IDLE + 2);
        }
    }

    @Test
    void tellsTheServerOfACancelledCallAndEndsItsSession() throws Exception {
        LegacyScript script = new LegacyScript((request, wire) -> {
            wire.stream().event(QUESTION);
            wire.hang();
        });
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            CountDownLatch asked = new CountDownLatch(1);
            Disposable call = fixture.upstream
                    .handle(call("alice", "{\"elicitation\":{}}"))
                    .subscribe(message -> asked.countDown());
            assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();

            call.dispose();

            UpstreamFixture.eventually(() -> fixture.server().requests.stream()
                    .anyMatch(request -> request.method().equals("DELETE")));
            Received made = fixture.server().received("tools/call").get(0);
            Received cancelled =
                    fixture.server().received("notifications/cancelled").get(0);
            assertThat(cancelled.body()).contains("\"requestId\":" + made.id() + ",");
            List<Received> all = fixture.server().requests;
            assertThat(all.get(all.size() - 1).method()).isEqualTo("DELETE");
            assertThat(all.get(all.size() - 1).header("mcp-session-id")).isEqualTo(made.header("mcp-session-id"));
            UpstreamFixture.eventually(() -> fixture.upstream.state().sessions() == 1);
        }
    }

    @Test
    void doesNotCountTheTimeThatAPersonThinks() throws Exception {
        Semaphore go = new Semaphore(0);
        LegacyScript script = new LegacyScript((request, wire) -> {
            wire.stream().event(QUESTION);
            boolean unused = go.tryAcquire(30, TimeUnit.SECONDS);
            wire.resultEvent(request, OK).endStream();
        });
        UpstreamLimits limits = new UpstreamLimits(
                Duration.ofSeconds(10),
                Duration.ofSeconds(20),
                Duration.ofSeconds(1),
                1024 * 1024,
                1_000,
                64 * 1024,
                8 * 1024 * 1024,
                64);
        FakeServer server = new FakeServer(script);
        try (UpstreamFixture fixture = new UpstreamFixture(server, UpstreamFixture.config(server.url(), limits))) {
            for (Exchange exchange : List.of(
                    call("alice", "{\"elicitation\":{}}"),
                    UpstreamFixture.legacyCall("tools/call", "{\"name\":\"t\"}", new TestSession("s")))) {
                BlockingQueue<JsonRpc> heard = new LinkedBlockingQueue<>();
                Disposable call = fixture.upstream.handle(exchange).subscribe(heard::add);
                JsonRpc.Question question = (JsonRpc.Question) heard.poll(30, TimeUnit.SECONDS);
                UpstreamFixture.await(Mono.delay(Duration.ofMillis(1_600)));
                assertThat(call.isDisposed()).isFalse();
                assertThat(question).isNotNull();
                question.answer().accept(JsonRpc.Success.of("{\"action\":\"accept\"}"));
                go.release();
                assertThat(heard.poll(30, TimeUnit.SECONDS)).isInstanceOf(JsonRpc.Success.class);
            }
        }
    }

    @Test
    void saysWhichLogMessagesACallWants() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, OK));
        script.capabilities = "{\"logging\":{}}";
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            for (String level : List.of("info", "info", "error")) {
                fixture.call(withLevel(level));
            }
            fixture.call(call("alice", "{}"));
            assertThat(fixture.server().received("logging/setLevel").stream().map(Received::body))
                    .hasSize(2)
                    .first()
                    .asString()
                    .contains("\"level\":\"info\"");
            assertThat(sessions(fixture))
                    .hasSize(4)
                    .containsOnly(sessions(fixture).get(0));
        }
    }

    @Test
    void givesWhatTheSessionsStreamSaysToItsOnlyCall() throws Exception {
        Map<String, Wire> streams = new ConcurrentHashMap<>();
        CountDownLatch done = new CountDownLatch(1);
        LegacyScript script = new LegacyScript((request, wire) -> {
            Wire stream = streams.get(request.header("mcp-session-id"));
            if (stream == null || !request.rpcMethod().equals("tools/call")) {
                wire.result(request, OK);
                return;
            }
            stream.event(
                            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":1}}")
                    .event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":"
                            + request.id() + ",\"progress\":1}}")
                    .event(QUESTION);
            done.await(30, TimeUnit.SECONDS);
            wire.result(request, OK);
        });
        script.get = (request, wire) -> {
            streams.put(String.valueOf(request.header("mcp-session-id")), wire.stream());
            wire.hang();
        };
        script.capabilities = "{\"logging\":{}}";
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            Exchange asking = UpstreamFixture.modernCall(
                    "tools/call",
                    "\"name\":\"t\"",
                    "\"progressToken\":\"mine\"",
                    new Target("u1", Target.Kind.TOOL, "t"));
            Client client = asking.client();
            BlockingQueue<JsonRpc> heard = new LinkedBlockingQueue<>();
            Disposable call = fixture.upstream
                    .handle(with(asking, new Client(client.protocolVersion(), client.capabilities(), null, "info")))
                    .subscribe(heard::add);

            assertThat(next(heard))
                    .isInstanceOfSatisfying(
                            JsonRpc.Notification.class,
                            log -> assertThat(log.params()).hasToString("{\"level\":\"info\",\"data\":1}"));
            assertThat(next(heard))
                    .isInstanceOfSatisfying(
                            JsonRpc.Notification.class,
                            progress -> assertThat(progress.params())
                                    .hasToString("{\"progressToken\":\"mine\",\"progress\":1}"));
            JsonRpc.Question question = (JsonRpc.Question) next(heard);
            assertThat(question.params()).hasToString("{\"message\":\"?\"}");
            question.answer().accept(JsonRpc.Success.of("{\"action\":\"accept\"}"));
            UpstreamFixture.eventually(() -> answers(fixture).size() == 1);
            assertThat(answers(fixture).get(0).body()).contains("\"id\":7,\"result\":{\"action\":\"accept\"}");
            assertThat(answers(fixture).get(0).header("mcp-session-id"))
                    .isEqualTo(sessions(fixture).get(0));
            done.countDown();
            assertThat(next(heard)).isInstanceOf(JsonRpc.Success.class);
            UpstreamFixture.eventually(call::isDisposed);

            // The stream is kept with its session: the gateway's own and this one.
            fixture.call(call("alice", "{\"elicitation\":{}}"));
            assertThat(gets(fixture)).isEqualTo(2);
        }
    }

    @Test
    void opensNoStreamForACallThatNeedsNone() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, OK));
        script.get = (request, wire) -> {
            wire.stream();
            wire.hang();
        };
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            fixture.call(call("alice", "{}"));
            // The gateway's own.
            assertThat(gets(fixture)).isOne();
            fixture.call(call("alice", "{\"elicitation\":{}}"));
            assertThat(gets(fixture)).isEqualTo(2);
        }
    }

    @Test
    void doesNotAskAgainForStreamsThatTheServerDoesNotHave() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, OK));
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            fixture.call(call("alice", "{\"elicitation\":{}}"));
            fixture.call(call("bob", "{\"elicitation\":{}}"));
            fixture.call(UpstreamFixture.legacyCall("tools/call", "{\"name\":\"t\"}", new TestSession("s")));

            assertThat(sessions(fixture)).hasSize(3).doesNotHaveDuplicates();
            assertThat(gets(fixture)).isOne();
        }
    }

    @Test
    void waitsOnlyOnceForAServerThatHoldsItsStreamsBack() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, OK));
        script.get = (request, wire) -> wire.hang();
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            fixture.call(call("alice", "{\"elicitation\":{}}"));
            long began = System.nanoTime();
            for (int i = 0; i < 4; i++) {
                fixture.call(call("caller " + i, "{\"elicitation\":{}}"));
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(4 * 450));
            UpstreamFixture.eventually(() -> gets(fixture) == 6);
        }
    }

    @Test
    void endsACallThatTakesNothingOfWhatTheStreamSays() throws Exception {
        String log =
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\""
                        + "x".repeat(100_000) + "\"}}";
        Map<String, Wire> streams = new ConcurrentHashMap<>();
        LegacyScript script = new LegacyScript((request, wire) -> {
            Wire stream = streams.get(request.header("mcp-session-id"));
            if (stream == null || !request.rpcMethod().equals("tools/call")) {
                wire.result(request, OK);
                return;
            }
            for (int i = 0; i < 20; i++) {
                stream.event(log);
            }
            wire.hang();
        });
        script.get = (request, wire) -> {
            streams.put(String.valueOf(request.header("mcp-session-id")), wire.stream());
            wire.hang();
        };
        script.capabilities = "{\"logging\":{}}";
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            fixture.upstream.handle(withLevel("info")).subscribe(new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                    // Takes nothing.
                }

                @Override
                protected void hookOnError(Throwable error) {
                    failure.set(error);
                }
            });

            UpstreamFixture.eventually(() -> failure.get() instanceof Refusal);
            assertThat(((Refusal) Objects.requireNonNull(failure.get())).reason())
                    .isEqualTo(Refusal.Reason.UPSTREAM_AMBIGUOUS);
            UpstreamFixture.eventually(
                    () -> !fixture.server().received("notifications/cancelled").isEmpty());
            UpstreamFixture.eventually(() -> fixture.upstream.state().sessions() == 1);
        }
    }

    private static JsonRpc next(BlockingQueue<JsonRpc> heard) throws InterruptedException {
        JsonRpc message = heard.poll(30, TimeUnit.SECONDS);
        assertThat(message).isNotNull();
        return message;
    }

    private static List<Received> answers(UpstreamFixture fixture) {
        return fixture.server().requests.stream()
                .filter(request ->
                        request.method().equals("POST") && request.rpcMethod().isEmpty())
                .toList();
    }

    private static long gets(UpstreamFixture fixture) {
        return fixture.server().requests.stream()
                .filter(request -> request.method().equals("GET"))
                .count();
    }

    private static List<String> sessions(UpstreamFixture fixture) {
        return fixture.server().received("tools/call").stream()
                .map(request -> String.valueOf(request.header("mcp-session-id")))
                .toList();
    }

    private static Exchange withLevel(String level) {
        Exchange exchange = call("alice", "{}");
        Client client = exchange.client();
        return with(exchange, new Client(client.protocolVersion(), client.capabilities(), null, level));
    }

    private static Exchange call(String caller, String capabilities) {
        Exchange exchange = UpstreamFixture.tool("t").withCaller(new Caller(caller));
        return with(exchange, new Client(exchange.client().protocolVersion(), RawJson.of(capabilities), null, null));
    }

    private static Client client(String capabilities) {
        return call("alice", capabilities).client();
    }

    private static Exchange with(Exchange exchange, Client client) {
        return new Exchange(
                exchange.message(),
                exchange.target(),
                exchange.route(),
                exchange.caller(),
                client,
                exchange.session(),
                exchange.headers());
    }
}
