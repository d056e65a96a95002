package io.headgate.filter.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContract;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.filter.Route;
import io.headgate.filter.Routed;
import io.headgate.filter.Target;
import io.headgate.mcp.JsonRpc;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.publisher.TestPublisher;

class BreakerFilterTest extends FilterContract {
    private static final Flux<JsonRpc> GOOD = Flux.just(Exchanges.success("done"));
    private static final Flux<JsonRpc> TOOL_ERROR = Flux.just(JsonRpc.Success.of("{\"content\":[],\"isError\":true}"));
    private static final Duration OPEN = Duration.ofSeconds(5);

    private String server = "weather";
    private int sent;

    /** One that does not count what the contract's upstreams do wrong. */
    @Override
    protected Filter filter() {
        return breaker(10, Set.of(FailureKind.TRANSPORT), null);
    }

    @Test
    void opensWhenTooManyFailAndSendsNothingMore() {
        Filter breaker = breaker();
        for (int i = 0; i < 5; i++) {
            assertThat(call(breaker, GOOD)).isNull();
            assertThat(reason(call(breaker, failing(Reason.UPSTREAM_AMBIGUOUS))))
                    .isEqualTo(Reason.UPSTREAM_AMBIGUOUS);
        }
        assertThat(sent).isEqualTo(10);

        timer.advanceBy(Duration.ofSeconds(2));
        Refusal refusal = (Refusal) Objects.requireNonNull(call(breaker, GOOD));
        assertThat(refusal.reason()).isEqualTo(Reason.OVERLOADED);
        assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(3));
        assertThat(refusal.isUnsent()).isFalse();
        assertThat(sent).isEqualTo(10);
        assertThat(count("headgate.breaker.refused")).isEqualTo(1);
        assertThat(stateOf(breaker)).containsEntry("state", "open").containsEntry("retryAfterMs", 3000L);
        assertThat(meters.get("headgate.breaker.state").gauge().value()).isEqualTo(2);
        assertThat(changes("open")).isEqualTo(1);
    }

    @Test
    void judgesNothingByFewCalls() {
        Filter breaker = breaker();
        for (int i = 0; i < 9; i++) {
            send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        assertThat(call(breaker, GOOD)).isNull();
    }

    @Test
    void forgetsWhatIsOlderThanTheWindow() {
        Filter breaker = breaker();
        for (int i = 0; i < 9; i++) {
            send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        timer.advanceBy(Duration.ofSeconds(11));
        for (int i = 0; i < 9; i++) {
            send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        assertThat(call(breaker, GOOD)).isNull();
    }

    /** Too few calls for a judgement fail in five seconds; what is decided after the server's return is decided by its answers. */
    @Test
    void oldFailuresRefuseNoCallToAServerThatAnswersAgain() {
        Filter breaker = byDefault();
        for (int i = 0; i < 17; i++) {
            assertThat(reason(call(breaker, failing(Reason.UPSTREAM_UNAVAILABLE))))
                    .isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            timer.advanceBy(Duration.ofMillis(300));
        }
        for (int i = 0; i < 34; i++) {
            assertThat(call(breaker, GOOD)).as("call %d", i).isNull();
            timer.advanceBy(Duration.ofMillis(100));
            if (i % 8 == 4) {
                // Now and then one fails, as at any server.
                assertThat(reason(call(breaker, failing(Reason.UPSTREAM_AMBIGUOUS))))
                        .isEqualTo(Reason.UPSTREAM_AMBIGUOUS);
            }
            timer.advanceBy(Duration.ofMillis(100));
        }
        assertThat(changes()).isZero();
    }

    @Test
    void aServerThatFailsAgainAfterItsReturnIsNotCalled() {
        Filter breaker = byDefault();
        for (int i = 0; i < 17; i++) {
            send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        assertThat(call(breaker, GOOD)).isNull();
        assertThat(call(breaker, GOOD)).isNull();
        send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        assertThat(stateOf(breaker)).containsEntry("state", "closed");
        send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
    }

    /** As many as the file says, however they are mixed. */
    @ParameterizedTest
    @CsvSource({"10, 20", "30, 45", "50, 60", "80, 90", "100, 100"})
    void opensForAServerThatFailsMoreThanTheFileAllows(int failureRate, int percent) {
        Random random = new Random(failureRate);
        BreakerConfig config = new BreakerConfig(
                Duration.ofSeconds(10), 20, failureRate, BreakerConfig.DEFAULT.failures(), null, 80, OPEN, 3);
        Filter breaker = breaker(config);
        int calls = 0;
        while (stateOf(breaker, "closed")) {
            send(breaker, random.nextInt(100) < percent ? failing(Reason.UPSTREAM_ERROR) : GOOD);
            timer.advanceBy(Duration.ofMillis(100));
            calls++;
        }
        assertThat(calls).isBetween(20, 100);
    }

    @ParameterizedTest
    @CsvSource({"10, 1", "30, 8", "50, 20", "80, 50"})
    void staysClosedForAServerThatFailsLess(int failureRate, int percent) {
        Random random = new Random(failureRate);
        BreakerConfig config = new BreakerConfig(
                Duration.ofSeconds(10), 20, failureRate, BreakerConfig.DEFAULT.failures(), null, 80, OPEN, 3);
        Filter breaker = breaker(config);
        for (int i = 0; i < 2_000; i++) {
            send(breaker, random.nextInt(100) < percent ? failing(Reason.UPSTREAM_ERROR) : GOOD);
            timer.advanceBy(Duration.ofMillis(100));
        }
        assertThat(changes()).isZero();
    }

    @Test
    void aServerThatHangsIsNotCalledAlthoughFewCallsEnded() {
        Filter breaker = byDefault();
        for (int i = 0; i < 10; i++) {
            assertThat(call(breaker, GOOD)).isNull();
        }
        List<TestPublisher<JsonRpc>> hung = begin(breaker, 8);
        timer.advanceBy(Duration.ofSeconds(20));
        hung.subList(0, 4).forEach(BreakerFilterTest::timeOut);
        assertThat(stateOf(breaker)).containsEntry("state", "closed");
        hung.subList(4, 8).forEach(BreakerFilterTest::timeOut);
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
    }

    /** One client that calls again and again, and each call takes longer than the window. */
    @Test
    void aServerThatHangsIsNotCalledHoweverLongItsCallsTake() {
        Filter breaker = byDefault();
        for (int i = 0; i < 5; i++) {
            List<TestPublisher<JsonRpc>> hung = begin(breaker, 1);
            timer.advanceBy(Duration.ofSeconds(60));
            timeOut(hung.get(0));
        }
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
    }

    /** They hung at a server that was away, and end together when it is long since back. */
    @Test
    void callsThatBeganBeforeTheServersReturnSayNothing() {
        Filter breaker = byDefault();
        List<TestPublisher<JsonRpc>> hung = begin(breaker, 8);
        timer.advanceBy(Duration.ofSeconds(5));
        for (int i = 0; i < 10; i++) {
            assertThat(call(breaker, GOOD)).isNull();
            timer.advanceBy(Duration.ofMillis(1_500));
        }
        hung.forEach(BreakerFilterTest::timeOut);
        assertThat(call(breaker, GOOD)).isNull();
        assertThat(changes()).isZero();
    }

    @Test
    void letsAFewThroughAndClosesWhenTheyAreWell() {
        Filter breaker = opened();
        timer.advanceBy(OPEN.plusMillis(1));
        List<TestPublisher<JsonRpc>> probes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            TestPublisher<JsonRpc> probe = TestPublisher.create();
            probes.add(probe);
            start(breaker, probe.flux());
        }
        Refusal refusal = (Refusal) Objects.requireNonNull(call(breaker, GOOD));
        assertThat(refusal.reason()).isEqualTo(Reason.OVERLOADED);
        assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        assertThat(stateOf(breaker)).containsEntry("state", "half_open");

        probes.forEach(probe -> probe.next(Exchanges.success("done")).complete());
        assertThat(stateOf(breaker)).containsEntry("state", "closed");
        for (int i = 0; i < 5; i++) {
            assertThat(call(breaker, GOOD)).isNull();
        }
        assertThat(List.of(changes("open"), changes("half_open"), changes("closed")))
                .containsExactly(1.0, 1.0, 1.0);
    }

    @Test
    void closesAsSoonAsNoProbeCanChangeIt() {
        Filter breaker = byDefault();
        for (int i = 0; i < 20; i++) {
            send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        timer.advanceBy(Duration.ofMillis(1_001));
        List<TestPublisher<JsonRpc>> probes = begin(breaker, 3);
        probes.subList(0, 2)
                .forEach(probe -> probe.next(Exchanges.success("done")).complete());
        assertThat(stateOf(breaker)).containsEntry("state", "closed");
        timeOut(probes.get(2));
        assertThat(call(breaker, GOOD)).isNull();
    }

    /** The probes went to a server that hung and lost them; it is well long before their time is over. */
    @Test
    void probesThatHangDoNotKeepTheOthersOut() {
        Filter breaker = opened();
        timer.advanceBy(OPEN);
        List<TestPublisher<JsonRpc>> probes = begin(breaker, 2);
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
        timer.advanceBy(OPEN.minusMillis(1));
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
        timer.advanceBy(Duration.ofMillis(1));
        assertThat(call(breaker, GOOD)).isNull();
        probes.forEach(BreakerFilterTest::timeOut);
        assertThat(stateOf(breaker)).containsEntry("state", "half_open");
        assertThat(call(breaker, GOOD)).isNull();
        assertThat(stateOf(breaker)).containsEntry("state", "closed");
    }

    @Test
    void aServerThatHangsGetsOneMoreProbeNowAndThen() {
        Filter breaker = opened();
        timer.advanceBy(OPEN);
        sent = 0;
        for (int i = 0; i < 100; i++) {
            start(breaker, Flux.never());
            timer.advanceBy(OPEN.dividedBy(10));
        }
        assertThat(sent).isEqualTo(2 + 9);
    }

    @Test
    void opensAgainWhenTheProbesFail() {
        Filter breaker = opened();
        for (int round = 0; round < 3; round++) {
            timer.advanceBy(OPEN.plusMillis(1));
            send(breaker, failing(Reason.UPSTREAM_TIMEOUT));
            send(breaker, failing(Reason.UPSTREAM_TIMEOUT));
            assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
        }
        assertThat(changes("open")).isEqualTo(4);
    }

    @Test
    void aCancelledProbeMakesRoomForAnother() {
        Filter breaker = opened();
        timer.advanceBy(OPEN.plusMillis(1));
        for (int i = 0; i < 100; i++) {
            run(breaker, Flux.never()).dispose();
            send(breaker, failing(Reason.DENIED));
            send(breaker, failing(Reason.UPSTREAM_THROTTLED));
            send(breaker, Flux.error(new IllegalStateException("a defect")));
        }
        assertThat(call(breaker, GOOD)).isNull();
        assertThat(call(breaker, GOOD)).isNull();
        assertThat(stateOf(breaker)).containsEntry("state", "closed");
    }

    @Test
    void whatBeganBeforeSaysNothingOfTheTimeAfter() {
        Filter breaker = breaker();
        List<TestPublisher<JsonRpc>> early = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            TestPublisher<JsonRpc> one = TestPublisher.create();
            early.add(one);
            start(breaker, one.flux());
        }
        Disposable abandoned = run(breaker, Flux.never());
        for (int i = 0; i < 10; i++) {
            send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        timer.advanceBy(OPEN.plusMillis(1));
        start(breaker, Flux.never());
        early.forEach(one -> one.error(new Refusal(Reason.UPSTREAM_AMBIGUOUS, "lost")));
        abandoned.dispose();
        assertThat(stateOf(breaker)).containsEntry("state", "half_open");
        start(breaker, Flux.never());
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
    }

    @ParameterizedTest
    @EnumSource(
            value = Reason.class,
            names = {
                "INVALID_PARAMS",
                "UNKNOWN_NAME",
                "DENIED",
                "RATE_LIMITED",
                "OVERLOADED",
                "UPSTREAM_REFUSED",
                "UPSTREAM_AUTH",
                "UPSTREAM_TOO_LARGE",
                "UPSTREAM_THROTTLED",
                "INTERNAL"
            })
    void staysClosedWhenItIsNotTheServersFault(Reason reason) {
        Filter breaker = breaker();
        for (int i = 0; i < 100; i++) {
            send(breaker, failing(reason));
        }
        assertThat(call(breaker, GOOD)).isNull();
    }

    @Test
    void staysClosedWhenClientsAreWrongOrGoAwayOrToolsFail() {
        Filter breaker = breaker();
        for (int i = 0; i < 100; i++) {
            send(breaker, Flux.just(new JsonRpc.Failure(-32602, "unknown tool", null)));
            send(breaker, TOOL_ERROR);
            run(breaker, Flux.never()).dispose();
        }
        assertThat(call(breaker, GOOD)).isNull();
    }

    @Test
    void countsWhatTheFileNames() {
        Filter breaker = breaker(10, Set.of(FailureKind.TOOL_ERROR, FailureKind.THROTTLED), null);
        for (int i = 0; i < 5; i++) {
            send(breaker, TOOL_ERROR);
            send(breaker, failing(Reason.UPSTREAM_THROTTLED));
            send(breaker, failing(Reason.UPSTREAM_AMBIGUOUS));
        }
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
    }

    @Test
    void anInternalErrorIsAFailure() {
        Filter breaker = breaker();
        for (int i = 0; i < 10; i++) {
            send(breaker, Flux.just(new JsonRpc.Failure(-32603, "internal error", null)));
        }
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
    }

    @Test
    void slowStreamsCountWhetherTheyEndOrAreGivenUp() {
        Filter breaker = breaker(10, BreakerConfig.DEFAULT.failures(), Duration.ofSeconds(2));
        List<TestPublisher<JsonRpc>> ending = new ArrayList<>();
        List<Disposable> abandoned = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            TestPublisher<JsonRpc> stream = TestPublisher.create();
            start(breaker, stream.flux());
            ending.add(stream);
            abandoned.add(run(breaker, Flux.never()));
        }
        advance(Duration.ofMillis(2_010));
        ending.forEach(stream -> stream.next(Exchanges.success("done")).complete());
        abandoned.forEach(Disposable::dispose);
        assertThat(stateOf(breaker)).containsEntry("state", "closed");
        advance(Duration.ofMillis(400));
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
    }

    @Test
    void aServerIsNotSlowWhileAPersonThinks() {
        Filter breaker = breaker(10, BreakerConfig.DEFAULT.failures(), Duration.ofSeconds(2));
        for (int i = 0; i < 20; i++) {
            TestPublisher<JsonRpc> stream = TestPublisher.create();
            start(breaker, stream.flux());
            stream.next(new JsonRpc.Question("elicitation/create", null, answer -> {}));
            timer.advanceBy(Duration.ofSeconds(3));
            stream.next(Exchanges.success("done")).complete();
        }
        assertThat(call(breaker, GOOD)).isNull();
    }

    @Test
    void eachServerHasItsOwn() {
        Filter breaker = opened();
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
        server = "crm";
        assertThat(call(breaker, GOOD)).isNull();
        server = "";
        assertThat(call(breaker, GOOD)).isNull();
    }

    @Test
    void whatTheGatewayAnswersPassesAnOpenBreaker() {
        Filter breaker = opened();
        for (String method : List.of("tools/list", "subscriptions/listen", "ping")) {
            Exchange list = Exchanges.request(method, "{}");
            assertThat(breaker.filter(list, next -> GOOD).blockLast(OPEN)).isNotNull();
        }
        Exchange read = Exchanges.request("resources/read", "{\"uri\":\"a:b\"}", Target.Kind.RESOURCE, "a:b");
        assertThat(reason(run(breaker, read, GOOD).error)).isEqualTo(Reason.OVERLOADED);
    }

    @Test
    void aDefectBehindItIsPassedOn() {
        Filter breaker = breaker();
        IllegalStateException defect = new IllegalStateException("a defect");
        Outcome outcome = new Outcome();
        outcome.running = breaker.filter(exchange(), next -> {
                    throw defect;
                })
                .subscribe(message -> {}, error -> outcome.error = error);
        assertThat(outcome.error).isSameAs(defect);
    }

    @Test
    void takesItsGaugesAway() {
        Filter breaker = opened();
        breaker.close();
        assertThat(meters.find("headgate.breaker.state").gauge()).isNull();
    }

    @Test
    void anOpenBreakerStaysOpenWhenItsThresholdsChange() {
        Filter former = opened();
        timer.advanceBy(Duration.ofSeconds(1));
        Filter breaker = replacing(former, () -> breaker(lenient(Duration.ofSeconds(60))));
        Refusal refusal = (Refusal) Objects.requireNonNull(call(breaker, GOOD));
        assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(4));
        former.close();
        assertThat(meters.get("headgate.breaker.state").gauge().value()).isEqualTo(2);
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
        timer.advanceBy(Duration.ofSeconds(4));
        assertThat(call(breaker, GOOD)).isNull();
        assertThat(changes("open")).isEqualTo(1);
    }

    @Test
    void anOpenBreakerWaitsNoLongerThanItsNewConfigurationSays() {
        Filter former = opened();
        Filter breaker = replacing(former, () -> breaker(lenient(Duration.ofSeconds(1))));
        Refusal refusal = (Refusal) Objects.requireNonNull(call(breaker, GOOD));
        assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(1));
    }

    /** The window may be another one. */
    @ParameterizedTest
    @ValueSource(ints = {5, 10, 20})
    void failuresBeforeAChangeCountAfterIt(int window) {
        Filter former = breaker();
        for (int i = 0; i < 9; i++) {
            send(former, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        timer.advanceBy(Duration.ofSeconds(2));
        Filter breaker = replacing(
                former,
                () -> breaker(new BreakerConfig(
                        Duration.ofSeconds(window), 10, 60, BreakerConfig.DEFAULT.failures(), null, 80, OPEN, 2)));
        assertThat(reason(call(breaker, failing(Reason.UPSTREAM_UNAVAILABLE)))).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
        assertThat(stateOf(breaker)).containsEntry("state", "open").containsEntry("failed", 10);
    }

    @Test
    void whatASmallerWindowLeavesOutCountsNoMore() {
        Filter former = breaker();
        for (int i = 0; i < 9; i++) {
            send(former, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        timer.advanceBy(Duration.ofSeconds(6));
        Filter breaker = replacing(
                former,
                () -> breaker(new BreakerConfig(
                        Duration.ofSeconds(5), 10, 50, BreakerConfig.DEFAULT.failures(), null, 80, OPEN, 2)));
        send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        assertThat(stateOf(breaker)).containsEntry("state", "closed").containsEntry("failed", 1);
    }

    @Test
    void callsThatBeganBeforeAChangeTellWhatTheyFind() {
        Filter former = breaker();
        List<TestPublisher<JsonRpc>> begun = begin(former, 9);
        Filter breaker = replacing(former, () -> breaker(9, BreakerConfig.DEFAULT.failures(), null));
        send(breaker, GOOD);
        begun.forEach(call -> call.error(new Refusal(Reason.UPSTREAM_UNAVAILABLE, "no")));
        assertThat(stateOf(breaker)).containsEntry("state", "open");
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
    }

    @Test
    void aHalfOpenBreakerLetsNoMoreThroughForAChange() {
        Filter former = opened();
        timer.advanceBy(OPEN);
        List<TestPublisher<JsonRpc>> probes = begin(former, 2);
        Filter breaker = replacing(former, () -> breaker(lenient(OPEN)));
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
        probes.forEach(probe -> probe.next(Exchanges.success("done")).complete());
        assertThat(stateOf(breaker)).containsEntry("state", "closed");
    }

    @Test
    void slowCallsAreCountedFromTheChangeThatNamesThem() {
        Filter former = breaker();
        send(former, GOOD);
        Filter breaker = replacing(former, () -> breaker(10, BreakerConfig.DEFAULT.failures(), Duration.ofMillis(100)));
        assertThat(begin(breaker, 10)).hasSize(10);
        advance(Duration.ofSeconds(1));
        assertThat(stateOf(breaker)).containsEntry("state", "open");
    }

    @Test
    void aChangeThatIsNeverUsedChangesNothing() {
        Filter former = breaker();
        for (int i = 0; i < 9; i++) {
            send(former, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        Filter unused = replacing(former, () -> breaker(lenient(OPEN)));
        send(former, failing(Reason.UPSTREAM_UNAVAILABLE));
        assertThat(stateOf(former)).containsEntry("state", "open");
        unused.close();
        assertThat(reason(call(former, GOOD))).isEqualTo(Reason.OVERLOADED);
    }

    @Test
    void aServerThatThereIsNoMoreIsForgotten() {
        Filter breaker = opened();
        breaker.forget("other");
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Reason.OVERLOADED);
        breaker.forget("weather");
        assertThat(meters.find("headgate.breaker.state").gauge()).isNull();
        assertThat(breaker.state()).containsEntry("servers", Map.of());
        assertThat(call(breaker, GOOD)).isNull();
    }

    /** One that opens after many more failures. */
    private static BreakerConfig lenient(Duration open) {
        return new BreakerConfig(
                Duration.ofSeconds(10), 100, 90, BreakerConfig.DEFAULT.failures(), null, 80, open, /* probes= */ 2);
    }

    private Filter opened() {
        Filter breaker = breaker();
        for (int i = 0; i < 10; i++) {
            send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        return breaker;
    }

    /** As in a file that says no more than its name. */
    private Filter byDefault() {
        return breaker(BreakerConfig.DEFAULT);
    }

    private Filter breaker() {
        return breaker(10, BreakerConfig.DEFAULT.failures(), null);
    }

    private Filter breaker(int minimumCalls, Set<FailureKind> failures, @Nullable Duration slow) {
        return breaker(
                new BreakerConfig(Duration.ofSeconds(10), minimumCalls, 50, failures, slow, 80, OPEN, /* probes= */ 2));
    }

    private Filter breaker(BreakerConfig config) {
        return new Routed(exchange -> Route.Known.to(server), new BreakerFilter(config, context()));
    }

    private static Flux<JsonRpc> failing(Reason reason) {
        return Flux.error(new Refusal(reason, "no"));
    }

    private void send(Filter breaker, Flux<JsonRpc> answer) {
        var unused = call(breaker, answer);
    }

    private List<TestPublisher<JsonRpc>> begin(Filter breaker, int calls) {
        List<TestPublisher<JsonRpc>> begun = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            TestPublisher<JsonRpc> call = TestPublisher.create();
            start(breaker, call.flux());
            begun.add(call);
        }
        return begun;
    }

    private static void timeOut(TestPublisher<JsonRpc> call) {
        call.error(new Refusal(Reason.UPSTREAM_TIMEOUT, "no answer"));
    }

    private void advance(Duration duration) {
        // Step by step, because a task that comes late would see a later time than its own.
        for (int i = 0; i < duration.toMillis() / 10; i++) {
            timer.advanceBy(Duration.ofMillis(10));
        }
    }

    private void start(Filter breaker, Flux<JsonRpc> answer) {
        var unused = run(breaker, answer);
    }

    /** The error that a call ends with, or null. */
    private @Nullable Throwable call(Filter breaker, Flux<JsonRpc> answer) {
        return run(breaker, exchange(), answer).error;
    }

    private Disposable run(Filter breaker, Flux<JsonRpc> answer) {
        return run(breaker, exchange(), answer).running;
    }

    private Outcome run(Filter breaker, Exchange exchange, Flux<JsonRpc> answer) {
        Outcome outcome = new Outcome();
        outcome.running = breaker.filter(exchange, next -> answer.doOnSubscribe(ignored -> sent++))
                .subscribe(message -> {}, error -> outcome.error = error);
        return outcome;
    }

    private static final class Outcome {
        private @Nullable Throwable error;
        private Disposable running = () -> {};
    }

    private static @Nullable Reason reason(@Nullable Throwable error) {
        return error instanceof Refusal refusal ? refusal.reason() : null;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> stateOf(Filter breaker) {
        Map<String, Object> servers =
                (Map<String, Object>) Objects.requireNonNull(breaker.state().get("servers"));
        return (Map<String, Object>) Objects.requireNonNull(servers.get("weather"));
    }

    private static boolean stateOf(Filter breaker, String state) {
        return !breaker.state().toString().contains("weather")
                || stateOf(breaker).containsValue(state);
    }

    private double count(String meter) {
        return meters.get(meter).tag("upstream", "weather").counter().count();
    }

    private double changes() {
        return meters.find("headgate.breaker.changes").counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    private double changes(String to) {
        return meters.get("headgate.breaker.changes").tag("to", to).counter().count();
    }
}
