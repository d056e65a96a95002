package io.headgate.gateway.upstream.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.FakeServer.Script;
import io.headgate.gateway.upstream.era.SseScript;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.gateway.upstream.era.UpstreamFixture.TestSession;
import io.headgate.mcp.JsonRpc;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Servers of 2024-11-05 that break, lie or lead astray. */
class SseFaultTest {
    private static final String OK = "{\"content\":[]}";
    private static final UpstreamLimits IMPATIENT = new UpstreamLimits(
            Duration.ofMillis(500), Duration.ofSeconds(5), Duration.ofSeconds(5), 65_536, 10, 1024, 1024, 4);

    private final TestSession session = new TestSession("c1");

    private Exchange call() {
        return SseScript.call("echo", session);
    }

    private static List<Received> sent(UpstreamFixture fixture, String method) {
        return fixture.server().received(method);
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
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
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
        try (UpstreamFixture fixture = SseScript.fixture(silent, IMPATIENT)) {
            Refusal refusal = fixture.refusal(call());

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            assertThat(refusal.text()).contains("endpoint");
            UpstreamFixture.eventually(() -> fixture.upstream.state().connections() == 0);
        }
    }

    @Test
    void blamesNobodyForASessionThatIsNoLongerWanted() throws IOException {
        SseScript script = new SseScript((request, stream) -> {});
        AtomicInteger streams = new AtomicInteger();
        Script silentLater = (request, wire) -> {
            if (request.method().equals("GET") && streams.incrementAndGet() > 1) {
                wire.stream().chunk(": nothing\n\n");
                wire.hang();
            } else {
                script.answer(request, wire);
            }
        };
        try (UpstreamFixture fixture = SseScript.fixture(silentLater, IMPATIENT)) {
            Disposable call =
                    fixture.upstream.handle(UpstreamFixture.tool("echo")).subscribe();
            UpstreamFixture.eventually(() -> streams.get() == 2);

            call.dispose();

            UpstreamFixture.eventually(() -> fixture.faults("session_gone") == 1);
            assertThat(fixture.faults("no_endpoint")).isZero();
            assertThat(fixture.upstream.state().isHealthy()).isTrue();
            assertThat(fixture.upstream.state().sessions()).isEqualTo(1);
            assertThat(sent(fixture, "tools/call")).isEmpty();
        }
    }

    @Test
    void refusesAStreamThatBeginsWithSomethingElse() throws IOException {
        Script other = (request, wire) -> {
            wire.stream().event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}");
            wire.hang();
        };
        try (UpstreamFixture fixture = SseScript.fixture(other)) {
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
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            fixture.call(call());
            Mono<Refusal> bystander = fixture.upstream
                    .handle(SseScript.call("waits", session))
                    .then(Mono.<Refusal>empty())
                    .onErrorResume(Refusal.class, Mono::just)
                    .cache();
            bystander.subscribe(new Unheeded());
            UpstreamFixture.eventually(() -> sent(fixture, "tools/call").size() == 2);

            Refusal refusal = fixture.refusal(SseScript.call("fatal", session));

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
        try (UpstreamFixture fixture = SseScript.fixture(script, limits)) {
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
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            BlockingQueue<JsonRpc> late = new LinkedBlockingQueue<>();
            Disposable bystander =
                    fixture.upstream.handle(SseScript.call("waits", session)).subscribe(late::add);
            UpstreamFixture.eventually(() -> sent(fixture, "tools/call").size() == 1);

            Refusal refusal = fixture.refusal(SseScript.call("forgotten", session));
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
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
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
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            TestSession other = new TestSession("c2");
            Mono<List<JsonRpc>> answers = Flux.just(
                            SseScript.call("one", session),
                            SseScript.call("two", other),
                            SseScript.call("three", session))
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
        try (UpstreamFixture fixture = SseScript.fixture(script)) {
            BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
            fixture.upstream.handle(SseScript.call("flood", session)).subscribe(new BaseSubscriber<JsonRpc>() {
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
    void passesWhatTheServerRefusesAtTheEndpoint() throws IOException {
        SseScript script = new SseScript((request, stream) -> stream.result(request, OK));
        Script throttled = (request, wire) -> {
            if (request.rpcMethod().equals("tools/call")) {
                wire.answer(429, "text/plain", "slow down", "Retry-After: 3");
            } else {
                script.answer(request, wire);
            }
        };
        try (UpstreamFixture fixture = SseScript.fixture(throttled)) {
            Refusal refusal = fixture.refusal(call());

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_THROTTLED);
            assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(3));
        }
    }
}
