package io.headgate.filter.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Refusal;
import io.headgate.filter.Secret;
import io.headgate.filter.Target;
import io.headgate.mcp.JsonRpc;
import io.headgate.testkit.Await;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** Gateways that share their limits in a real Redis, and go on without it. */
class SharedRateLimitTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Caller ALICE = new Caller("alice");

    private final Deque<Runnable> undo = new ArrayDeque<>();
    private final Logger log = (Logger) LoggerFactory.getLogger(SharedStore.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    /** One gateway's filter with a loop of its own. */
    private record Node(RateLimitFilter filter, SimpleMeterRegistry meters, Scheduler loop) {
        boolean shares() {
            return meters.get("headgate.ratelimit.shared.state").gauge().value() == 1;
        }

        double decisions(String source) {
            return meters.counter("headgate.ratelimit.decisions", "source", source)
                    .count();
        }

        /** Null if the call passed. */
        CompletableFuture<Refusal> call(Exchange exchange) {
            CompletableFuture<Refusal> outcome = new CompletableFuture<>();
            var unused = filter.filter(exchange, next -> Flux.just(Exchanges.success("done")))
                    .subscribeOn(loop)
                    .subscribe(
                            ignored -> {},
                            error -> {
                                if (error instanceof Refusal refusal) {
                                    outcome.complete(refusal);
                                } else {
                                    outcome.completeExceptionally(error);
                                }
                            },
                            () -> outcome.complete(null));
            return outcome;
        }

        int admittedOf(int calls, Exchange exchange) {
            List<CompletableFuture<Refusal>> outcomes = new ArrayList<>();
            for (int i = 0; i < calls; i++) {
                outcomes.add(call(exchange));
            }
            return (int) outcomes.stream()
                    .map(outcome -> outcome.orTimeout(10, TimeUnit.SECONDS).join())
                    .filter(refusal -> refusal == null)
                    .count();
        }
    }

    @BeforeEach
    void listen() {
        lines.start();
        log.addAppender(lines);
    }

    @AfterEach
    void close() {
        undo.forEach(Runnable::run);
        log.detachAppender(lines);
    }

    @Test
    void gatewaysShareOneBucket() {
        RedisProcess redis = redis();
        Node one = node(redis, 2, Limits.per(Per.Part.CALLER, "1/h", 10));
        Node other = node(redis, 2, Limits.per(Per.Part.CALLER, "1/h", 10));
        Await.until("both share the limits", () -> one.shares() && other.shares());
        int admitted = 0;
        for (int i = 0; i < 20; i++) {
            admitted += (i % 2 == 0 ? one : other).admittedOf(1, call("a"));
        }
        assertThat(admitted).isEqualTo(10);
        assertThat(other.admittedOf(1, call("a").withCaller(new Caller("bob")))).isEqualTo(1);
        Refusal refusal = one.call(call("a")).orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(refusal.reason()).isEqualTo(Refusal.Reason.RATE_LIMITED);
        assertThat(refusal.retryAfter()).isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
    }

    @Test
    void manyAtOnceAreDecidedTogether() {
        RedisProcess redis = redis();
        Node node = node(redis, 1, Limits.per(Per.Part.CALLER, "1/h", 500));
        Await.until("the limits are shared", node::shares);
        assertThat(node.admittedOf(2_000, call("a"))).isEqualTo(500);
        assertThat(node.decisions("shared")).isEqualTo(2_000);
    }

    @Test
    void keysExpireAndTellNothing() {
        RedisProcess redis = redis();
        Node node = node(redis, 1, Limits.per(List.of(Per.Part.CALLER, Per.Part.TOOL), "10/s", 20));
        Await.until("the limits are shared", node::shares);
        assertThat(node.admittedOf(1, call("export"))).isEqualTo(1);
        try (RedisClient client = RedisClient.create(redis.uri())) {
            RedisCommands<String, String> commands = client.connect().sync();
            List<String> keys = commands.keys("*");
            assertThat(keys)
                    .singleElement()
                    .asString()
                    .matches("headgate:ratelimit:caller\\+tool:caller\\+tool:[\\w-]{22}");
            assertThat(commands.pttl(keys.get(0))).isBetween(1L, 13_000L);
        }
    }

    @Test
    void takesFromAllLimitsOrFromNone() {
        RedisProcess redis = redis();
        Node node = node(redis, 1, Limits.per(Per.Part.CALLER, "1/h", 2), Limits.per(Per.Part.TOOL, "1/h", 1));
        Await.until("the limits are shared", node::shares);
        assertThat(node.admittedOf(1, call("a"))).isEqualTo(1);
        for (int i = 0; i < 10; i++) {
            assertThat(node.admittedOf(1, call("a"))).isZero();
        }
        assertThat(node.admittedOf(1, call("b"))).isEqualTo(1);
        assertThat(node.admittedOf(1, call("c"))).isZero();
    }

    @Test
    void goesOnWithItsShareWhileRedisIsAway() {
        RedisProcess redis = redis();
        Node node = node(redis, 2, Limits.per(Per.Part.CALLER, "1/h", 10));
        Await.until("the limits are shared", node::shares);
        redis.kill();
        Await.until("Redis is away", () -> !node.shares());
        assertThat(node.admittedOf(20, call("a"))).isEqualTo(5);
        assertThat(node.decisions("fallback")).isGreaterThanOrEqualTo(20);
        assertThat(node.filter().state()).containsEntry("shared", "away");
        redis.restart();
        Await.until("the limits are shared", node::shares);
        assertThat(node.filter().state()).containsEntry("shared", "in use");
        assertThat(node.admittedOf(1, call("a"))).isEqualTo(1);
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "filters[0]: Redis is away (the connection is lost), this gateway goes on with 1/2 of the limits",
                        "filters[0]: Redis is back, the limits are shared again");
    }

    @Test
    void aRedisThatHangsDelaysFewCallsAndFailsNone() {
        RedisProcess redis = redis();
        Node node = node(redis, 1, Duration.ofMillis(20), Limits.per(Per.Part.CALLER, "1000/s", 1000));
        Await.until("the limits are shared", node::shares);
        redis.halt();
        long start = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            assertThat(node.admittedOf(1, call("a"))).isEqualTo(1);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
        assertThat(node.shares()).isFalse();
        redis.goOn();
        Await.until("the limits are shared", node::shares);
    }

    @Test
    void aLateAnswerTakesNothingForARefusedCall() {
        RedisProcess redis = redis();
        // Redis has two tokens for each caller, the gateway alone has one.
        Node node = node(redis, 2, Duration.ofMillis(200), Limits.per(Per.Part.CALLER, "1/h", 2));
        Await.until("the limits are shared", node::shares);
        assertThat(node.admittedOf(1, call("a").withCaller(new Caller("warm")))).isEqualTo(1);
        redis.halt();
        CompletableFuture<Refusal> first = node.call(call("a"));
        CompletableFuture<Refusal> second = node.call(call("a"));
        List<Refusal> outcomes = new ArrayList<>();
        outcomes.add(first.join());
        outcomes.add(second.join());
        redis.goOn();
        assertThat(outcomes).filteredOn(refusal -> refusal == null).hasSize(1);
        // The one that was refused has given back what Redis took for it later.
        Await.until("what was taken is given back", () -> node.shares() && node.admittedOf(1, call("a")) == 1);
        assertThat(node.admittedOf(1, call("a"))).isZero();
    }

    @Test
    void beginsWithoutRedis() {
        RedisProcess redis = RedisProcess.notYet();
        undo.push(redis::close);
        Node node = node(redis, 4, Limits.per(Per.Part.CALLER, "1/h", 10));
        assertThat(node.admittedOf(20, call("a"))).isEqualTo(3);
        // Else it may come up while the first connection is still being tried, and never have been away.
        Await.until("the first try is told of", () -> lines.list.size() == 1);
        redis.restart();
        Await.until("the limits are shared", node::shares);
        assertThat(lines.list).hasSize(2);
    }

    @Test
    void decidesOnTheLoopThatTheCallCameFrom() {
        RedisProcess redis = redis();
        Node node = node(redis, 1, Limits.per(Per.Part.CALLER, "1000/s", 1000));
        Await.until("the limits are shared", node::shares);
        for (int i = 0; i < 20; i++) {
            AtomicReference<String> thread = new AtomicReference<>("");
            StepVerifier.create(node.filter()
                            .filter(call("a"), next -> {
                                thread.set(Thread.currentThread().getName());
                                return Flux.just(Exchanges.success("done"));
                            })
                            .subscribeOn(node.loop()))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(PATIENCE);
            assertThat(thread.get()).startsWith("loop");
        }
        assertThat(node.decisions("shared")).isPositive();
    }

    @Test
    void keepsToWhatTheClientAsksForAndCancels() {
        RedisProcess redis = redis();
        Node node = node(redis, 1, Limits.per(Per.Part.CALLER, "1000/s", 1000));
        Await.until("the limits are shared", node::shares);
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        StepVerifier.create(node.filter().filter(call("a"), next -> upstream.flux()), 0)
                .then(() -> Await.until("the call is made", upstream::wasSubscribed))
                .thenRequest(1)
                .then(() -> Await.until("one is asked for", upstream::wasRequested))
                .then(() -> upstream.next(Exchanges.progress(1)))
                .expectNextCount(1)
                .thenCancel()
                .verify(PATIENCE);
        upstream.assertCancelled();
        // A cancel before the decision: nothing is called.
        StepVerifier.create(node.filter().filter(call("a"), next -> Flux.error(new AssertionError("called"))), 0)
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void aChangedLimitGoesOnInRedisThroughTheSameConnection() {
        RedisProcess redis = redis();
        Node one = node(redis, 2, Limits.per(Per.Part.CALLER, "1/h", 10));
        Node other = node(redis, 2, Limits.per(Per.Part.CALLER, "1/h", 10));
        Await.until("both share the limits", () -> one.shares() && other.shares());
        assertThat(one.admittedOf(6, call("a"))).isEqualTo(6);
        long connections = connections(redis);
        Node changed = changed(one, redis, Limits.per(Per.Part.CALLER, "2/h", 20));
        // At once: the connection is there.
        assertThat(changed.shares()).isTrue();
        assertThat(changed.admittedOf(20, call("a"))).isEqualTo(8);
        // The gateway whose file is not changed yet goes by the newest numbers too, and takes nothing back.
        assertThat(other.admittedOf(20, call("a"))).isZero();
        assertThat(other.admittedOf(21, call("a").withCaller(new Caller("bob"))))
                .isEqualTo(10);
        assertThat(changed.admittedOf(20, call("a").withCaller(new Caller("bob"))))
                .isZero();
        assertThat(connections(redis)).isEqualTo(connections);
        one.filter().close();
        assertThat(changed.admittedOf(1, call("a").withCaller(new Caller("eve"))))
                .isEqualTo(1);
        changed.filter().close();
        Await.until("the connection is closed", () -> connections(redis) == connections - 1);
    }

    private static long connections(RedisProcess redis) {
        try (RedisClient client = RedisClient.create(redis.uri())) {
            return client.connect()
                    .sync()
                    .clientList()
                    .lines()
                    .filter(line -> !line.isBlank())
                    .count();
        }
    }

    private Node changed(Node former, RedisProcess redis, LimitConfig... limits) {
        FilterContext context = new FilterContext(
                "filters[0]", former.meters(), InstantSource.system(), former.loop(), Path.of("target"));
        RateLimitFilter filter = new RateLimitFilter(
                RateLimitConfig.of(List.of(limits), null, new Secret(redis.uri()), 2, null),
                context.at("filters[0]", former.filter()),
                PATIENCE);
        undo.push(filter::close);
        return new Node(filter, former.meters(), former.loop());
    }

    private RedisProcess redis() {
        RedisProcess redis = RedisProcess.start();
        undo.push(redis::close);
        return redis;
    }

    private Node node(RedisProcess redis, int nodes, LimitConfig... limits) {
        // A busy machine must not make a decision late that the test wants to be shared.
        return node(redis, nodes, PATIENCE, limits);
    }

    private Node node(RedisProcess redis, int nodes, Duration deadline, LimitConfig... limits) {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        Scheduler loop = Schedulers.newSingle("loop", /* daemon= */ true);
        undo.push(loop::dispose);
        RateLimitFilter filter = new RateLimitFilter(
                RateLimitConfig.of(List.of(limits), null, new Secret(redis.uri()), nodes, null),
                new FilterContext("filters[0]", meters, InstantSource.system(), loop, Path.of("target")),
                deadline);
        undo.push(filter::close);
        return new Node(filter, meters, loop);
    }

    private static Exchange call(String tool) {
        return Exchanges.request("tools/call", "{\"name\":\"" + tool + "\"}", Target.Kind.TOOL, tool)
                .withCaller(ALICE);
    }
}
