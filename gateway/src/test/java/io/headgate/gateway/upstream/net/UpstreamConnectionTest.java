package io.headgate.gateway.upstream.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.mcp.JsonRpc;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.test.StepVerifier;

class UpstreamConnectionTest {
    private static final String OK = "{\"resultType\":\"complete\"}";

    @Test
    void staysOnTheLoopThatCallsAndReusesItsConnection() throws Exception {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            EventLoopGroup group = fixture.loops.onServer(LoopResources.DEFAULT_NATIVE);
            EventLoop first = group.next();
            EventLoop second = group.next();
            int before = fixture.server().connections();

            for (EventLoop loop : List.of(first, second)) {
                for (int i = 0; i < 5; i++) {
                    Thread thread = Mono.defer(() -> fixture.upstream
                                    .handle(UpstreamFixture.tool("echo"))
                                    .last()
                                    .map(response -> Thread.currentThread()))
                            .subscribeOn(Schedulers.fromExecutor(loop))
                            .block(UpstreamFixture.PATIENCE);
                    assertThat(loop.submit(Thread::currentThread).get(30, TimeUnit.SECONDS))
                            .isSameAs(thread);
                }
            }

            List<Received> calls = fixture.server().received("tools/call");
            assertThat(calls.stream().limit(5).map(Received::connection).distinct())
                    .hasSize(1);
            assertThat(calls.stream().skip(5).map(Received::connection).distinct())
                    .hasSize(1);
            assertThat(fixture.server().connections() - before).isLessThanOrEqualTo(2);
            assertThat(calls.get(0).connection()).isNotEqualTo(calls.get(5).connection());
        }
    }

    @Test
    void givesEveryCallAnIdOfItsOwn() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            Flux.range(0, 200)
                    .flatMap(i -> fixture.upstream.handle(UpstreamFixture.tool("echo")), 32)
                    .then()
                    .block(UpstreamFixture.PATIENCE);

            assertThat(fixture.server().received("tools/call").stream().map(Received::id))
                    .hasSize(200)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void opensAnotherConnectionAfterOneThatTheServerClosed() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.json(
                        "{\"jsonrpc\":\"2.0\",\"id\":" + request.id() + ",\"result\":" + OK + "}", "Connection: close")
                .fin())) {
            for (int i = 0; i < 5; i++) {
                assertThat(fixture.last(UpstreamFixture.tool("echo"))).isInstanceOf(JsonRpc.Success.class);
            }
        }
    }

    /** Its end would meet the next request, of which nobody could say then whether it was executed. */
    @Test
    void sendsNothingOnAConnectionThatTheServerIsAboutToClose() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.json(
                "{\"jsonrpc\":\"2.0\",\"id\":" + request.id() + ",\"result\":" + OK + "}", "Keep-Alive: timeout=2"))) {
            fixture.call(UpstreamFixture.tool("echo"));
            fixture.call(UpstreamFixture.tool("echo"));
            int connections = fixture.server().connections();
            UpstreamFixture.await(Mono.delay(Duration.ofMillis(1_300)));
            fixture.call(UpstreamFixture.tool("echo"));
            assertThat(fixture.server().connections()).isEqualTo(connections + 1);
        }
    }

    @Test
    void keepsAConnectionWhoseStreamEndedWithTheResponse() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.stream()
                .resultEvent(request, OK)
                .event("{\"jsonrpc\":\"2.0\",\"method\":\"x\"}")
                .endStream())) {
            for (int i = 0; i < 6; i++) {
                fixture.call(UpstreamFixture.tool("echo"));
                UpstreamFixture.eventually(() -> fixture.upstream.state().callsInFlight() == 0);
            }
            assertThat(fixture.server().connections()).isLessThanOrEqualTo(4);
        }
    }

    @Test
    void closesTheConnectionOfACancelledCallAndSendsNothing() throws Exception {
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        CountDownLatch arrived = new CountDownLatch(1);
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> {
            arrived.countDown();
            closed.complete(wire.sawClose());
            wire.fin();
        })) {
            Disposable call =
                    fixture.upstream.handle(UpstreamFixture.tool("echo")).subscribe();
            assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();

            call.dispose();

            assertThat(closed.get(30, TimeUnit.SECONDS)).isTrue();
            UpstreamFixture.eventually(() -> fixture.upstream.state().callsInFlight() == 0);
        }
    }

    @Test
    void stopsReadingWhileNothingIsAskedFor() throws Exception {
        int frames = 20_000;
        AtomicInteger written = new AtomicInteger();
        String padding = "a".repeat(1_000);
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> {
            wire.stream();
            String event = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":\""
                    + padding + "\"}}\n\n";
            for (int i = 0; i < frames; i += 100) {
                wire.chunk(event.repeat(100));
                written.addAndGet(100);
            }
            wire.resultEvent(request, OK).endStream();
        })) {
            Flux<JsonRpc> call = fixture.upstream.handle(UpstreamFixture.modernCall(
                    "tools/call",
                    "\"name\":\"echo\"",
                    "\"io.modelcontextprotocol/logLevel\":\"info\"",
                    new io.headgate.filter.Target("u1", io.headgate.filter.Target.Kind.TOOL, "echo")));
            AtomicInteger received = new AtomicInteger();
            CountDownLatch three = new CountDownLatch(3);
            BaseSubscriber<JsonRpc> slow = new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                    subscription.request(3);
                }

                @Override
                protected void hookOnNext(JsonRpc message) {
                    received.incrementAndGet();
                    three.countDown();
                }
            };
            call.subscribe(slow);
            assertThat(three.await(30, TimeUnit.SECONDS)).isTrue();
            // The server is stopped by its own socket: it writes no more for a while.
            int[] last = {-1};
            UpstreamFixture.await(Flux.interval(Duration.ofMillis(200))
                    .filter(turn -> {
                        boolean still = last[0] == written.get();
                        last[0] = written.get();
                        return still;
                    })
                    .next());

            assertThat(written.get()).isLessThan(frames);
            assertThat(received.get()).isEqualTo(3);

            slow.requestUnbounded();
            UpstreamFixture.eventually(() -> received.get() == frames + 1);
        }
    }

    @Test
    void isNotReadBeforeItIsAsked() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            StepVerifier.create(fixture.upstream.handle(UpstreamFixture.tool("echo")), 0)
                    .expectSubscription()
                    .expectNoEvent(Duration.ofMillis(100))
                    .thenRequest(1)
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(UpstreamFixture.PATIENCE);
        }
    }

    @Test
    void refusesWhenItIsClosed() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            fixture.call(UpstreamFixture.tool("echo"));
            fixture.upstream.close().block(UpstreamFixture.PATIENCE);

            Refusal refusal = fixture.refusal(UpstreamFixture.tool("echo"));

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            UpstreamFixture.eventually(() -> fixture.upstream.state().connections() == 0);
        }
    }
}
