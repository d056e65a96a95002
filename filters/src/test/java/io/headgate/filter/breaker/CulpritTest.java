package io.headgate.filter.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContract;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Routed;
import io.headgate.mcp.JsonRpc;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import reactor.core.publisher.Flux;
import reactor.test.publisher.TestPublisher;

/** What one caller does by itself refuses no call of another one. */
class CulpritTest extends FilterContract {
    private static final Flux<JsonRpc> GOOD = Flux.just(Exchanges.success("done"));
    private static final Flux<JsonRpc> BAD = Flux.error(new Refusal(Reason.UPSTREAM_AMBIGUOUS, "no"));
    private static final String EVE = "eve";

    /** One that does not count what the contract's upstreams do wrong. */
    @Override
    protected Filter filter() {
        return breaker(Set.of(FailureKind.TRANSPORT), null);
    }

    private Filter breaker() {
        return breaker(BreakerConfig.DEFAULT.failures(), null);
    }

    @Test
    void aCallerWhoseCallsFailIsRefusedAlone() {
        Filter breaker = breaker();
        fail(breaker, EVE, 20);
        Refusal refusal = (Refusal) Objects.requireNonNull(call(breaker, EVE, GOOD));
        assertThat(refusal.reason()).isEqualTo(Reason.OVERLOADED);
        assertThat(refusal.text()).contains("for you");
        assertThat(state(breaker)).containsEntry("state", "open");
        for (int i = 0; i < 100; i++) {
            assertThat(call(breaker, "ann", GOOD)).isNull();
        }
        assertThat(state(breaker)).containsEntry("state", "closed").containsEntry("onlyFor", List.of(EVE));
        assertThat(meters.get("headgate.breaker.state").gauge().value()).isZero();
        assertThat(call(breaker, EVE, GOOD)).isNotNull();

        timer.advanceBy(Duration.ofMillis(1_001));
        fail(breaker, EVE, 2);
        assertThat(call(breaker, EVE, GOOD)).isNotNull();
        assertThat(call(breaker, "ann", GOOD)).isNull();
        timer.advanceBy(Duration.ofMillis(1_001));
        assertThat(call(breaker, EVE, GOOD)).isNull();
        assertThat(call(breaker, EVE, GOOD)).isNull();
        assertThat(state(breaker)).containsEntry("state", "closed").containsEntry("onlyFor", List.of());
    }

    /** Thirty calls that fail by their arguments, and among them the calls of others, of which one in ten fails as well. */
    @Test
    void aCallerWhoseCallsFailAmongThoseOfOthersIsRefusedAlone() {
        Filter breaker = breaker();
        for (int i = 0; i < 300; i++) {
            var unused = call(breaker, EVE, BAD);
            assertThat(reason(call(breaker, "ann", i % 10 == 0 ? BAD : GOOD))).isNotEqualTo(Reason.OVERLOADED);
            timer.advanceBy(Duration.ofMillis(20));
        }
        assertThat(reason(call(breaker, EVE, GOOD))).isEqualTo(Reason.OVERLOADED);
    }

    @Test
    void twoCallersAfterEachOtherAreRefusedAlone() {
        Filter breaker = breaker();
        fail(breaker, EVE, 20);
        fail(breaker, "mallory", 20);
        assertThat(reason(call(breaker, EVE, GOOD))).isEqualTo(Reason.OVERLOADED);
        assertThat(reason(call(breaker, "mallory", GOOD))).isEqualTo(Reason.OVERLOADED);
        assertThat(call(breaker, "ann", GOOD)).isNull();
        assertThat(state(breaker)).containsEntry("onlyFor", List.of(EVE, "mallory"));
    }

    @Test
    void aServerThatFailsSeveralCallersIsNotCalledByAnybody() {
        Filter breaker = breaker();
        for (int i = 0; i < 20; i++) {
            var unused = call(breaker, "caller " + i % 3, BAD);
        }
        assertThat(reason(call(breaker, "ann", GOOD))).isEqualTo(Reason.OVERLOADED);
        assertThat(state(breaker)).containsEntry("state", "open").containsEntry("onlyFor", List.of());
    }

    /** The first of many callers to notice is judged alone, and the others' calls make it a matter of the server. */
    @Test
    void aServerThatThenFailsOthersTooIsNotCalledByAnybody() {
        Filter breaker = breaker();
        fail(breaker, EVE, 20);
        for (int i = 0; i < 20; i++) {
            assertThat(reason(call(breaker, "caller " + i % 3, BAD))).isEqualTo(Reason.UPSTREAM_AMBIGUOUS);
        }
        assertThat(reason(call(breaker, "ann", GOOD))).isEqualTo(Reason.OVERLOADED);
        assertThat(reason(call(breaker, EVE, GOOD))).isEqualTo(Reason.OVERLOADED);
        assertThat(state(breaker)).containsEntry("state", "open").containsEntry("onlyFor", List.of());
    }

    /** Long after its good calls a server dies for all of them; the many good ones of one caller do not make it its fault. */
    @Test
    void aServerThatDiesAfterManyGoodCallsIsNotCalledByAnybody() {
        Filter breaker = breaker();
        for (int i = 0; i < 900; i++) {
            assertThat(call(breaker, "caller " + i % 9, GOOD)).isNull();
            timer.advanceBy(Duration.ofMillis(10));
        }
        int calls = 0;
        while (!state(breaker).containsValue("open")) {
            var unused = call(breaker, "caller " + calls % 9, BAD);
            timer.advanceBy(Duration.ofMillis(10));
            assertThat(++calls).isLessThan(600);
        }
        assertThat(state(breaker)).containsEntry("onlyFor", List.of());
    }

    @Test
    void oneCallersProbesDoNotKeepAServerThatIsBackFromTheOthers() {
        Filter breaker = breaker();
        for (int i = 0; i < 20; i++) {
            var unused = call(breaker, "caller " + i % 3, BAD);
        }
        timer.advanceBy(Duration.ofMillis(1_001));
        fail(breaker, EVE, 10);
        for (int i = 0; i < 3; i++) {
            assertThat(call(breaker, "ann", GOOD)).isNull();
        }
        assertThat(state(breaker)).containsEntry("state", "closed");
    }

    @Test
    void aServerThatIsStillDeadIsFoundOutByTwoCallers() {
        Filter breaker = breaker();
        for (int i = 0; i < 20; i++) {
            var unused = call(breaker, "caller " + i % 3, BAD);
        }
        timer.advanceBy(Duration.ofMillis(1_001));
        fail(breaker, EVE, 1);
        fail(breaker, "ann", 1);
        assertThat(state(breaker)).containsEntry("state", "open");
    }

    @Test
    void callsThatOneCallerLetsHangRefuseThatCallerOnly() {
        Filter breaker = breaker();
        List<TestPublisher<JsonRpc>> hung = begin(breaker, EVE, 5);
        timer.advanceBy(Duration.ofSeconds(60));
        hung.forEach(call -> call.error(new Refusal(Reason.UPSTREAM_TIMEOUT, "no answer")));
        assertThat(reason(call(breaker, EVE, GOOD))).isEqualTo(Reason.OVERLOADED);
        assertThat(call(breaker, "ann", GOOD)).isNull();
    }

    @Test
    void slowCallsOfOneCallerRefuseThatCallerOnly() {
        Filter breaker = breaker(BreakerConfig.DEFAULT.failures(), Duration.ofSeconds(1));
        for (int i = 0; i < 40; i++) {
            var unused = begin(breaker, EVE, 5);
            assertThat(call(breaker, "ann", GOOD)).isNull();
            advance(100);
        }
        assertThat(reason(call(breaker, EVE, GOOD))).isEqualTo(Reason.OVERLOADED);
        for (int i = 0; i < 40; i++) {
            assertThat(call(breaker, "ann", GOOD)).isNull();
            advance(100);
        }
        assertThat(state(breaker)).containsEntry("state", "closed");
    }

    @Test
    void slowCallsOfSeveralRefuseAll() {
        Filter breaker = breaker(BreakerConfig.DEFAULT.failures(), Duration.ofSeconds(1));
        for (int i = 0; i < 40; i++) {
            var unused = begin(breaker, "caller " + i % 3, 1);
        }
        advance(1_800);
        assertThat(reason(call(breaker, "ann", GOOD))).isEqualTo(Reason.OVERLOADED);
        assertThat(state(breaker)).containsEntry("onlyFor", List.of());
    }

    @Test
    void slowProbesOfOneCallerDoNotKeepTheServerFromTheOthers() {
        Filter breaker = breaker(BreakerConfig.DEFAULT.failures(), Duration.ofSeconds(1));
        for (int i = 0; i < 20; i++) {
            var unused = call(breaker, "caller " + i % 3, BAD);
        }
        timer.advanceBy(Duration.ofMillis(1_001));
        var unused = begin(breaker, EVE, 3);
        advance(2_500);
        assertThat(state(breaker)).containsEntry("state", "half_open");
        assertThat(call(breaker, "ann", GOOD)).isNull();
        for (int i = 0; i < 2; i++) {
            assertThat(call(breaker, "ann", GOOD)).isNull();
        }
        assertThat(state(breaker)).containsEntry("state", "closed");
    }

    /** Without a filter that identifies callers, those of one network are one. */
    @Test
    void strangersAreToldApartByTheirNetworks() throws Exception {
        Filter breaker = breaker();
        for (int i = 0; i < 20; i++) {
            var unused = call(breaker, from("192.0.2." + i), BAD);
        }
        assertThat(reason(call(breaker, from("192.0.2.99"), GOOD))).isEqualTo(Reason.OVERLOADED);
        assertThat(call(breaker, from("198.51.100.1"), GOOD)).isNull();
        assertThat(state(breaker)).containsEntry("onlyFor", List.of("(anonymous) 192.0.2.0/24"));
    }

    /** The answer is there, and it is this caller who asked for more than fits. */
    @ParameterizedTest
    @EnumSource(
            value = Reason.class,
            mode = Mode.INCLUDE,
            names = {"UPSTREAM_TOO_LARGE", "UPSTREAM_REFUSED", "UPSTREAM_AUTH", "EXHAUSTED"})
    void whatACallerProvokesIsNoFailure(Reason reason) {
        Filter breaker = breaker();
        for (int i = 0; i < 30; i++) {
            assertThat(reason(call(breaker, EVE, Flux.error(new Refusal(reason, "no")))))
                    .isEqualTo(reason);
        }
        assertThat(call(breaker, EVE, GOOD)).isNull();
        assertThat(state(breaker)).containsEntry("failed", 0).containsEntry("onlyFor", List.of());
    }

    private Filter breaker(Set<FailureKind> failures, @Nullable Duration slow) {
        BreakerConfig config = new BreakerConfig(
                Duration.ofSeconds(10), 20, 50, failures, slow, 80, Duration.ofSeconds(1), /* probes= */ 3);
        return Routed.to("weather", new BreakerFilter(config, context()));
    }

    private void advance(int millis) {
        // Step by step, because a task that comes late would see a later time than its own.
        for (int i = 0; i < millis; i += 10) {
            timer.advanceBy(Duration.ofMillis(10));
        }
    }

    private static void fail(Filter breaker, String caller, int times) {
        for (int i = 0; i < times; i++) {
            var unused = call(breaker, caller, BAD);
        }
    }

    private static List<TestPublisher<JsonRpc>> begin(Filter breaker, String caller, int calls) {
        List<TestPublisher<JsonRpc>> begun = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            TestPublisher<JsonRpc> call = TestPublisher.create();
            var unused = call(breaker, caller, call.flux());
            begun.add(call);
        }
        return begun;
    }

    private static @Nullable Throwable call(Filter breaker, String caller, Flux<JsonRpc> answer) {
        return call(breaker, Exchanges.toolCall().withCaller(new Caller(caller)), answer);
    }

    /** The error that a call ends with, or null. */
    private static @Nullable Throwable call(Filter breaker, Exchange exchange, Flux<JsonRpc> answer) {
        List<Throwable> errors = new ArrayList<>();
        var unused = breaker.filter(exchange, next -> answer).subscribe(message -> {}, errors::add);
        return errors.isEmpty() ? null : errors.get(0);
    }

    private static Exchange from(String address) throws UnknownHostException {
        Exchange anonymous = Exchanges.toolCall();
        return new Exchange(
                anonymous.message(),
                anonymous.target(),
                anonymous.route(),
                Caller.ANONYMOUS,
                anonymous.client(),
                null,
                new From(InetAddress.getByName(address)));
    }

    private record From(InetAddress address) implements RequestHeaders {
        @Override
        public @Nullable String get(String name) {
            return null;
        }

        @Override
        public void forEach(BiConsumer<String, String> visitor) {}

        @Override
        public InetAddress peer() {
            return address;
        }
    }

    private static @Nullable Reason reason(@Nullable Throwable error) {
        return error instanceof Refusal refusal ? refusal.reason() : null;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> state(Filter breaker) {
        Map<String, Object> servers =
                (Map<String, Object>) Objects.requireNonNull(breaker.state().get("servers"));
        return (Map<String, Object>) Objects.requireNonNull(servers.get("weather"));
    }
}
