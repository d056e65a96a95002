package io.headgate.filter.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContract;
import io.headgate.filter.Refusal;
import io.headgate.filter.Routed;
import io.headgate.mcp.JsonRpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.publisher.TestPublisher;

/** Servers that are slow, with calls that count as slow after a second, and at least 20 of them. */
class SlowServerTest extends FilterContract {
    private static final Flux<JsonRpc> GOOD = Flux.just(Exchanges.success("done"));
    private static final int SECOND = 1_000;

    private final List<TestPublisher<JsonRpc>> inFlight = new ArrayList<>();

    @Override
    protected Filter filter() {
        return breaker(Duration.ofSeconds(1));
    }

    @Test
    void opensWhileTheSlowCallsAreStillInFlightWhateverWasBefore() {
        Filter breaker = filter();
        quick(breaker, 20 * SECOND);
        begin(breaker, 50);
        advance(3 * SECOND - 500);
        assertThat(state(breaker)).containsEntry("state", "closed").containsEntry("slow", 50);
        advance(SECOND);
        assertThat(state(breaker)).containsEntry("state", "open").containsEntry("retryAfterMs", 4_500L);
        assertThat(reason(call(breaker, GOOD))).isEqualTo(Refusal.Reason.OVERLOADED);
    }

    @Test
    void opensAtOnceForAServerThatWasNeverQuick() {
        Filter breaker = filter();
        begin(breaker, 19);
        advance(2 * SECOND);
        assertThat(state(breaker)).containsEntry("state", "closed");
        begin(breaker, 1);
        advance(SECOND);
        assertThat(state(breaker)).containsEntry("state", "closed");
        advance(400);
        assertThat(state(breaker)).containsEntry("state", "open");
    }

    @Test
    void countsASlowCallOnce() {
        Filter breaker = filter();
        begin(breaker, 19);
        advance(2 * SECOND);
        assertThat(state(breaker)).containsEntry("slow", 19).containsEntry("calls", 0);
        inFlight.forEach(call -> call.next(Exchanges.success("done")).complete());
        assertThat(state(breaker)).containsEntry("slow", 19).containsEntry("calls", 19);
        advance(SECOND);
        assertThat(state(breaker)).containsEntry("state", "closed").containsEntry("slow", 19);
        advance(10 * SECOND);
        assertThat(state(breaker)).containsEntry("slow", 0);
    }

    @Test
    void aServerIsNotSlowWhileAPersonThinks() {
        Filter breaker = filter();
        for (int i = 0; i < 5; i++) {
            begin(breaker, 50);
            advance(500);
            inFlight.forEach(call -> call.next(new JsonRpc.Question("elicitation/create", null, answer -> {})));
            advance(5 * SECOND);
            assertThat(state(breaker)).containsEntry("state", "closed").containsEntry("slow", 0);
            inFlight.forEach(call -> call.next(Exchanges.success("done")).complete());
            inFlight.clear();
        }
        assertThat(call(breaker, GOOD)).isNull();
    }

    @Test
    void isSlowIfItOnlyReportsProgress() {
        Filter breaker = filter();
        begin(breaker, 50);
        for (int i = 0; i < 10; i++) {
            inFlight.forEach(call -> call.next(Exchanges.progress(1)));
            advance(200);
        }
        assertThat(state(breaker)).containsEntry("state", "open");
    }

    @Test
    void callsThatWereGivenUpSoonerSayNothing() {
        Filter breaker = filter();
        for (int i = 0; i < 100; i++) {
            List<Disposable> calls = List.of(start(breaker, Flux.never()), start(breaker, Flux.never()));
            advance(50);
            calls.forEach(Disposable::dispose);
        }
        advance(3 * SECOND);
        assertThat(state(breaker)).containsEntry("state", "closed").containsEntry("slow", 0);
    }

    /** There are as many in flight that are slow as ever, but most of those that begin are quick. */
    @Test
    void someLongCallsAmongManyQuickOnesAreNoReason() {
        Filter breaker = filter();
        for (int i = 0; i < 200; i++) {
            begin(breaker, 2);
            for (int j = 0; j < 8; j++) {
                assertThat(call(breaker, GOOD)).isNull();
            }
            advance(100);
        }
        assertThat(state(breaker)).containsEntry("state", "closed").containsEntry("slow", 200);
    }

    @Test
    void aPauseOfAMomentIsNoReason() {
        Filter breaker = filter();
        quick(breaker, 10 * SECOND);
        begin(breaker, 50);
        advance(3 * SECOND / 2);
        inFlight.forEach(call -> call.next(Exchanges.success("done")).complete());
        quick(breaker, 10 * SECOND);
        assertThat(state(breaker)).containsEntry("state", "closed");
    }

    @Test
    void slowProbesOpenItAgainBeforeTheyEnd() {
        Filter breaker = filter();
        begin(breaker, 20);
        advance(SECOND + 400);
        assertThat(state(breaker)).containsEntry("state", "open");
        advance(5 * SECOND);
        begin(breaker, 4);
        assertThat(state(breaker)).containsEntry("state", "half_open");
        advance(SECOND + 400);
        assertThat(state(breaker)).containsEntry("state", "open").containsEntry("slow", 3);
        // What the others and the probes come to says nothing of the time after.
        inFlight.forEach(call -> call.next(Exchanges.success("done")).complete());
        advance(5 * SECOND);
        for (int i = 0; i < 3; i++) {
            assertThat(call(breaker, GOOD)).isNull();
        }
        assertThat(state(breaker)).containsEntry("state", "closed").containsEntry("slow", 0);
    }

    @Test
    void hasOneClockWhileThereAreCallsAndNoneLater() {
        Filter breaker = filter();
        quick(breaker, SECOND);
        begin(breaker, 10);
        assertThat(timer.waiting()).isEqualTo(1);
        int before = timer.scheduled();
        advance(10 * SECOND);
        assertThat(timer.scheduled() - before).isEqualTo(50);
        advance(10 * SECOND);
        assertThat(timer.waiting()).isZero();
        begin(breaker, 20);
        advance(SECOND + 400);
        assertThat(state(breaker)).containsEntry("state", "open");
        assertThat(timer.waiting()).isEqualTo(1);
        breaker.close();
        assertThat(timer.waiting()).isZero();
    }

    @Test
    void hasNoClockWhenNoCallIsSlow() {
        Filter breaker = breaker(null);
        begin(breaker, 100);
        advance(10 * SECOND);
        assertThat(timer.scheduled()).isZero();
        assertThat(state(breaker)).containsEntry("state", "closed").containsEntry("slow", 0);
    }

    @Test
    void judgesCallsThatMayTakeLongerThanTheWindow() {
        Filter breaker = breaker(Duration.ofMinutes(2));
        begin(breaker, 20);
        advance(119 * SECOND);
        assertThat(state(breaker)).containsEntry("state", "closed");
        advance(25 * SECOND);
        assertThat(state(breaker)).containsEntry("state", "open");
    }

    /** 150 calls a second that are answered at once. */
    private void quick(Filter breaker, int millis) {
        for (int i = 0; i < millis / 20; i++) {
            for (int j = 0; j < 3; j++) {
                assertThat(call(breaker, GOOD)).isNull();
            }
            advance(20);
        }
    }

    private void begin(Filter breaker, int calls) {
        for (int i = 0; i < calls; i++) {
            TestPublisher<JsonRpc> call = TestPublisher.create();
            var unused = start(breaker, call.flux());
            inFlight.add(call);
        }
    }

    private void advance(int millis) {
        // Step by step, because a task that comes late would see a later time than its own.
        for (int i = 0; i < millis / 10; i++) {
            timer.advanceBy(Duration.ofMillis(10));
        }
        assertThat(timer.now(TimeUnit.MILLISECONDS) % 10).isZero();
    }

    private Filter breaker(@Nullable Duration slow) {
        BreakerConfig none = BreakerConfig.DEFAULT;
        BreakerConfig config = new BreakerConfig(
                none.window(),
                none.minimumCalls(),
                none.failureRate(),
                // Not what the contract's upstreams do wrong.
                Set.of(FailureKind.TRANSPORT),
                slow,
                none.slowRate(),
                Duration.ofSeconds(5),
                none.probes());
        return Routed.to("weather", new BreakerFilter(config, context()));
    }

    private Disposable start(Filter breaker, Flux<JsonRpc> answer) {
        return breaker.filter(exchange(), next -> answer).subscribe(message -> {}, error -> {});
    }

    private @Nullable Throwable call(Filter breaker, Flux<JsonRpc> answer) {
        List<Throwable> errors = new ArrayList<>();
        var unused = breaker.filter(exchange(), next -> answer).subscribe(message -> {}, errors::add);
        return errors.isEmpty() ? null : errors.get(0);
    }

    private static Refusal.@Nullable Reason reason(@Nullable Throwable error) {
        return error instanceof Refusal refusal ? refusal.reason() : null;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> state(Filter breaker) {
        Map<String, Object> servers =
                (Map<String, Object>) Objects.requireNonNull(breaker.state().get("servers"));
        return (Map<String, Object>) Objects.requireNonNull(servers.get("weather"));
    }
}
