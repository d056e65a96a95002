package io.headgate.filter.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterContract;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.filter.Target;
import io.headgate.mcp.JsonRpc;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
    void slowStreamsCountWhenTheyEndOrAreGivenUp() {
        Filter breaker = breaker(10, BreakerConfig.DEFAULT.failures(), Duration.ofSeconds(2));
        List<TestPublisher<JsonRpc>> ending = new ArrayList<>();
        List<Disposable> abandoned = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            TestPublisher<JsonRpc> stream = TestPublisher.create();
            start(breaker, stream.flux());
            ending.add(stream);
            abandoned.add(run(breaker, Flux.never()));
        }
        timer.advanceBy(Duration.ofMillis(2_001));
        ending.forEach(stream -> stream.next(Exchanges.success("done")).complete());
        assertThat(call(breaker, GOOD)).isNull();
        abandoned.forEach(Disposable::dispose);
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

    private Filter opened() {
        Filter breaker = breaker();
        for (int i = 0; i < 10; i++) {
            send(breaker, failing(Reason.UPSTREAM_UNAVAILABLE));
        }
        return breaker;
    }

    private Filter breaker() {
        return breaker(10, BreakerConfig.DEFAULT.failures(), null);
    }

    private Filter breaker(int minimumCalls, Set<FailureKind> failures, @Nullable Duration slow) {
        BreakerConfig config =
                new BreakerConfig(Duration.ofSeconds(10), minimumCalls, 50, failures, slow, 80, OPEN, /* probes= */ 2);
        return new BreakerFilter(
                config,
                new FilterContext("filters[0]", meters, InstantSource.system(), timer, exchange -> server, data));
    }

    private static Flux<JsonRpc> failing(Reason reason) {
        return Flux.error(new Refusal(reason, "no"));
    }

    private void send(Filter breaker, Flux<JsonRpc> answer) {
        var unused = call(breaker, answer);
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

    private double count(String meter) {
        return meters.get(meter).tag("upstream", "weather").counter().count();
    }

    private double changes(String to) {
        return meters.get("headgate.breaker.changes").tag("to", to).counter().count();
    }
}
