package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHead;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Routed;
import io.headgate.filter.Target;
import io.headgate.filter.TestTimer;
import io.headgate.filter.ToolHints;
import io.headgate.mcp.JsonRpc;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Who is refused, and who is not, before servers that do their calls in virtual time. */
class NeedlessRefusalTest {
    private static final Duration STEP = Duration.ofMillis(10);

    private final TestTimer timer = new TestTimer();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private Filter filter = with(ConcurrencyConfig.DEFAULT);

    /** What a call takes; each at once, or as soon as there is a worker. */
    private Duration takes = Duration.ofSeconds(2);

    private int workers = Integer.MAX_VALUE;
    private int working;
    private final Deque<Runnable> queue = new ArrayDeque<>();
    private int begun;
    private int served;
    private int refused;
    private Duration longest = Duration.ZERO;

    @AfterEach
    void stop() {
        timer.dispose();
    }

    @Test
    void aBurstIsServedByAServerThatNobodyKnowsYet() {
        burst(500, Exchange.NO_DEADLINE);
        assertThat(refused).isZero();
        advance(Duration.ofMillis(450));
        // Before any call ended.
        assertThat(begun).isEqualTo(500);
        advance(Duration.ofSeconds(3));
        assertThat(served).isEqualTo(500);
        assertThat(longest).isLessThan(Duration.ofMillis(2500));
    }

    @Test
    void aBurstOfMoreThanMayWaitIsServedToo() {
        filter = with(new ConcurrencyConfig(
                Algorithm.GRADIENT, 4, 10_000, 50, 100, Duration.ofSeconds(5), List.of(), List.of()));
        burst(3_000, Exchange.NO_DEADLINE);
        advance(Duration.ofSeconds(4));
        assertThat(served).isEqualTo(3_000);
    }

    @Test
    void evenIfNoCallMayWait() {
        for (ConcurrencyConfig config : List.of(
                new ConcurrencyConfig(Algorithm.GRADIENT, 4, 1_000, 50, 0, Duration.ofSeconds(5), List.of(), List.of()),
                new ConcurrencyConfig(Algorithm.GRADIENT, 4, 1_000, 50, 100, Duration.ZERO, List.of(), List.of()))) {
            filter = with(config);
            burst(500, Exchange.NO_DEADLINE);
            advance(Duration.ofSeconds(3));
        }
        assertThat(served).isEqualTo(1_000);
    }

    @Test
    void whoCannotWaitForLongIsLetThroughWhileTheLimitIsNotProven() {
        oneByOne(30);
        long deadline = timer.now(TimeUnit.NANOSECONDS) + TimeUnit.MILLISECONDS.toNanos(2_050);
        burst(500, deadline);
        assertThat(begun).isEqualTo(30 + 500);
        assertThat(refused).isZero();
    }

    @Test
    void agentsThatComeAgainAreServedAtOnce() {
        oneByOne(30);
        for (int round = 0; round < 5; round++) {
            longest = Duration.ZERO;
            burst(400, Exchange.NO_DEADLINE);
            advance(Duration.ofSeconds(6));
        }
        assertThat(served).isEqualTo(30 + 2_000);
        assertThat(longest).isEqualTo(takes);
    }

    @Test
    void theHeadIsNotRefusedWhereTheCallIsNot() {
        burst(500, Exchange.NO_DEADLINE);
        for (int i = 0; i < 500; i++) {
            assertThat(filter.refuses(HEAD)).isNull();
        }
        advance(Duration.ofSeconds(4));
        overload();
        burst(10, Exchange.NO_DEADLINE);
        assertThat(filter.refuses(HEAD)).isNotNull();
        int before = refused;
        burst(1, Exchange.NO_DEADLINE);
        assertThat(refused).isEqualTo(before + 1);
    }

    /** 8 workers, 20 ms: 400 calls a second, so 2,000 can wait and be served in time. */
    @Test
    void callsAreRefusedWhenTheyWouldWaitForTooLong() {
        knowEightWorkers();
        assertThat(limiter()).contains("proven=true").contains("refused=0");
        burst(1_500, Exchange.NO_DEADLINE);
        assertThat(refused).isZero();
        burst(2_000, Exchange.NO_DEADLINE);
        assertThat(refused).isBetween(1_300, 1_800);
        int refusedAtOnce = refused;
        advance(Duration.ofSeconds(7));
        assertThat(refused).isEqualTo(refusedAtOnce);
        assertThat(longest).isLessThan(Duration.ofMillis(5_100));
    }

    /** In lasting overload a wait of seconds buys nothing. */
    @Test
    void theLineIsShortWhileMoreComeThanCanBeServed() {
        overload();
        longest = Duration.ZERO;
        int before = served;
        come(2, Duration.ofSeconds(10));
        assertThat(served - before).isBetween(3_700, 4_100);
        assertThat(longest).isLessThan(Duration.ofMillis(400));
        assertThat(meters.get("headgate.concurrency.refused")
                        .tags("reason", "waited")
                        .counters())
                .allSatisfy(each -> assertThat(each.count()).isZero());

        // A second after it is over a burst may wait again.
        advance(Duration.ofSeconds(2));
        oneByOne(1);
        refused = 0;
        burst(800, Exchange.NO_DEADLINE);
        assertThat(refused).isZero();
        advance(Duration.ofSeconds(3));
    }

    /** Clients that wait for their answers keep a line up for ever, and that is no overload. */
    @Test
    void aLineThatStandsForLongIsNoOverload() {
        knowEightWorkers();
        for (int client = 0; client < 400; client++) {
            again(timer.now(TimeUnit.NANOSECONDS) + TimeUnit.SECONDS.toNanos(60));
        }
        advance(Duration.ofSeconds(65));
        assertThat(refused).isZero();
        assertThat(limiter()).contains("saturated=false");
    }

    @Test
    void aCallDoesNotWaitBeyondItsDeadline() {
        knowEightWorkers();
        burst(400, Exchange.NO_DEADLINE);
        long now = timer.now(TimeUnit.NANOSECONDS);
        burst(1, now + TimeUnit.MILLISECONDS.toNanos(500));
        assertThat(refused).as("it would be served after a second").isEqualTo(1);
        burst(1, now + TimeUnit.MILLISECONDS.toNanos(1_500));
        assertThat(refused).isEqualTo(1);
        // The server stops, so it is not served in time after all, and is told so while it listens.
        workers = 0;
        advance(Duration.ofMillis(1_490));
        assertThat(refused).isEqualTo(2);
        assertThat(limiter()).contains("saturated=false");
    }

    @Test
    void aServerThatHangsDoesNotGetMoreAndMore() {
        takes = Duration.ofMillis(20);
        oneByOne(30);
        workers = 0;
        come(1, Duration.ofSeconds(20));
        assertThat(refused).isPositive();
        int then = begun;
        come(1, Duration.ofSeconds(20));
        assertThat(begun).isEqualTo(then);
    }

    @Test
    void neverFewerThanTheLeastOfTheFile() {
        takes = Duration.ofMillis(20);
        workers = 1;
        for (int second = 0; second < 60; second++) {
            come(1, Duration.ofSeconds(1));
            assertThat(meters.get("headgate.concurrency.permits").gauges())
                    .allSatisfy(each -> assertThat(each.value()).isGreaterThanOrEqualTo(4));
            assertThat(meters.get("headgate.concurrency.limit").gauges())
                    .allSatisfy(each -> assertThat(each.value()).isGreaterThanOrEqualTo(4));
        }
        assertThat(limiter()).contains("proven=true");
    }

    /** Five times as many calls as the server can do, until that is known and calls are refused. */
    private void overload() {
        knowEightWorkers();
        come(2, Duration.ofSeconds(8));
        assertThat(limiter()).contains("saturated=true");
    }

    private void knowEightWorkers() {
        takes = Duration.ofMillis(20);
        workers = 8;
        oneByOne(50);
        come(1, Duration.ofSeconds(2));
        advance(Duration.ofSeconds(3));
        refused = 0;
        longest = Duration.ZERO;
    }

    private void oneByOne(int times) {
        for (int i = 0; i < times; i++) {
            burst(1, Exchange.NO_DEADLINE);
            advance(takes.plusMillis(1));
        }
    }

    /** So many calls each millisecond. */
    private void come(int calls, Duration time) {
        for (long millis = 0; millis < time.toMillis(); millis++) {
            burst(calls, Exchange.NO_DEADLINE);
            timer.advanceBy(Duration.ofMillis(1));
        }
    }

    private void advance(Duration time) {
        for (long millis = 0; millis < time.toMillis(); millis += STEP.toMillis()) {
            timer.advanceBy(STEP);
        }
    }

    private void burst(int calls, long deadline) {
        for (int i = 0; i < calls; i++) {
            call(deadline, () -> {});
        }
    }

    private void again(long until) {
        call(Exchange.NO_DEADLINE, () -> {
            if (timer.now(TimeUnit.NANOSECONDS) < until) {
                again(until);
            }
        });
    }

    private void call(long deadline, Runnable then) {
        Exchange exchange = Exchanges.toolCall().withCaller(new Caller("agent"));
        Exchange call = deadline == Exchange.NO_DEADLINE ? exchange : exchange.withDeadline(deadline);
        long came = timer.now(TimeUnit.NANOSECONDS);
        var unused = filter.filter(call, ignored -> Flux.defer(this::served))
                .subscribe(
                        answer -> {
                            served++;
                            Duration took = Duration.ofNanos(timer.now(TimeUnit.NANOSECONDS) - came);
                            longest = took.compareTo(longest) > 0 ? took : longest;
                        },
                        error -> {
                            assertThat(error)
                                    .isInstanceOfSatisfying(
                                            Refusal.class,
                                            refusal ->
                                                    assertThat(refusal.reason()).isEqualTo(Refusal.Reason.OVERLOADED));
                            refused++;
                        },
                        then);
    }

    private Flux<JsonRpc> served() {
        begun++;
        return Mono.<JsonRpc>create(answer -> {
                    Runnable work = () -> {
                        working++;
                        var unused = timer.createWorker()
                                .schedule(
                                        () -> {
                                            working--;
                                            next();
                                            answer.success(Exchanges.success("done"));
                                        },
                                        takes.toNanos(),
                                        TimeUnit.NANOSECONDS);
                    };
                    queue.add(work);
                    next();
                })
                .flux();
    }

    private void next() {
        while (working < workers && !queue.isEmpty()) {
            queue.remove().run();
        }
    }

    private String limiter() {
        return filter.state().toString();
    }

    private Filter with(ConcurrencyConfig config) {
        return Routed.to(
                "demo",
                new ConcurrencyFilter(
                        config,
                        new FilterContext("filters[0]", meters, InstantSource.system(), timer, Path.of("target"))));
    }

    private static final RequestHead HEAD = new RequestHead() {
        @Override
        public String method() {
            return "tools/call";
        }

        @Override
        public Target target() {
            return new Target("", Target.Kind.TOOL, "echo");
        }

        @Override
        public Route route() {
            return new Route.Known("demo", "echo", "echo", ToolHints.NONE, null);
        }

        @Override
        public RequestHeaders headers() {
            return RequestHeaders.NONE;
        }
    };
}
