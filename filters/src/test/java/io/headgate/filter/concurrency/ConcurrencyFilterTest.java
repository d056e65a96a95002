package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContract;
import io.headgate.filter.NamePattern;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHead;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Routed;
import io.headgate.filter.Target;
import io.headgate.filter.ToolHints;
import io.headgate.mcp.JsonRpc;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.test.publisher.TestPublisher;

class ConcurrencyFilterTest extends FilterContract {
    private static final Duration MAX_WAIT = Duration.ofMillis(100);

    private static final int PERMITS = 11;
    private static final Map<String, String> LOUD = Map.of("authorization", "Bearer loud");
    private static final Map<String, String> QUIET = Map.of("authorization", "Bearer quiet");

    /** The calls that the server works on, the oldest first. */
    private final Deque<TestPublisher<JsonRpc>> working = new ArrayDeque<>();

    private final List<String> begun = new ArrayList<>();
    private final Deque<Client> clients = new ArrayDeque<>();
    private Filter filter = fixed(2);

    @Override
    protected Filter filter() {
        return fixed(2);
    }

    /** With as many permits as that, whatever happens. */
    private Filter fixed(int permits) {
        return with(new ConcurrencyConfig(
                Algorithm.AIMD,
                permits,
                permits,
                permits,
                100,
                MAX_WAIT,
                List.of(),
                List.of(NamePattern.of("report_*"))));
    }

    private Filter with(ConcurrencyConfig config) {
        return Routed.to("demo", new ConcurrencyFilter(config, context()));
    }

    @Test
    void refusesNobodyWhileThereIsRoom() {
        Client one = call("a1");
        Client two = call("a2");
        assertThat(begun).containsExactly("a1", "a2");
        finish();
        finish();
        assertThat(one.succeeded).isTrue();
        assertThat(two.succeeded).isTrue();
    }

    @Test
    void letsTheNextOneThroughWhenOneEnds() {
        begin("a1");
        begin("a2");
        Client third = call("a3");
        assertThat(begun).hasSize(2);
        assertThat(gauge("queue")).isEqualTo(1);
        timer.advanceBy(Duration.ofMillis(50));
        finish();
        assertThat(begun).containsExactly("a1", "a2", "a3");
        finish();
        finish();
        assertThat(third.succeeded).isTrue();
        assertThat(timer.waiting()).isZero();
        assertThat(gauge("inflight")).isZero();
    }

    @Test
    void refusesWhoWaitedTooLong() {
        begin("a1");
        begin("a2");
        Client third = call("a3");
        timer.advanceBy(MAX_WAIT.minusMillis(1));
        assertThat(third.error).isNull();
        timer.advanceBy(Duration.ofMillis(1));
        assertRefused(third);
        assertThat(refused("waited")).isEqualTo(1);
        finish();
        assertThat(begun).hasSize(2);
    }

    @Test
    void aCallThatNobodyWaitsForLeavesTheLineAtOnce() {
        begin("a1");
        begin("a2");
        Client third = call("a3");
        Client fourth = call("a4");
        third.cancel();
        assertThat(gauge("queue")).isEqualTo(1);
        finish();
        assertThat(begun).containsExactly("a1", "a2", "a4");
        finish();
        finish();
        assertThat(fourth.succeeded).isTrue();
        assertThat(timer.waiting()).isZero();
        assertThat(gauge("inflight")).isZero();
    }

    @Test
    void aCancelledCallMakesRoom() {
        Client first = call("a1");
        begin("a2");
        begin("a3");
        first.cancel();
        assertThat(begun).containsExactly("a1", "a2", "a3");
    }

    /** Otherwise another call could begin beside one that the server does not know to be cancelled. */
    @Test
    void holdsItsPermitUntilTheServerHasHeardOfACancel() {
        filter = fixed(1);
        begin("a1");
        BaseSubscriber<JsonRpc> second = new BaseSubscriber<>() {};
        List<Double> held = new ArrayList<>();
        Flux<JsonRpc> answer = new Flux<>() {
            @Override
            public void subscribe(CoreSubscriber<? super JsonRpc> caller) {
                second.cancel();
                held.add(gauge("inflight"));
                caller.onSubscribe(Operators.emptySubscription());
            }
        };
        filter.filter(exchange(), exchange -> answer).subscribe(second);
        finish();
        assertThat(held).containsExactly(1.0);
        assertThat(gauge("inflight")).isZero();
    }

    @Test
    void holdsItsPermitUntilTheStreamEnds() {
        begin("a1");
        begin("a2");
        Client third = call("a3");
        working.getFirst().next(Exchanges.success("done"));
        assertThat(begun).hasSize(2);
        working.removeFirst().complete();
        assertThat(begun).hasSize(3);
        assertThat(third.error).isNull();
    }

    @Test
    void isFairToCallersAndLetsBatchWait() {
        begin("a1");
        begin("a2");
        begin("a3", "report_all", null);
        begin("a4");
        begin("a5");
        begin("b1");
        begin("a6", "echo", "{\"name\":\"echo\",\"_meta\":{\"io.headgate/priority\":\"batch\"}}");
        for (int i = 0; i < 7; i++) {
            finish();
        }
        assertThat(begun).containsExactly("a1", "a2", "a4", "b1", "a5", "a3", "a6");
    }

    @Test
    void passesWhatMakesNoWork() {
        begin("a1");
        begin("a2");
        for (String method : List.of("ping", "tools/list", "server/discover", "subscriptions/listen", "tasks/cancel")) {
            assertPasses(Exchanges.request(method, "{}"));
        }
        assertPasses(Exchanges.notification("notifications/cancelled"));
    }

    @Test
    void passesWhatGoesNowhere() {
        Filter elsewhere = new ConcurrencyFilter(
                new ConcurrencyConfig(Algorithm.GRADIENT, 1, 1, 1, 0, Duration.ZERO, List.of(), List.of()), context());
        for (int i = 0; i < 10; i++) {
            Client client = new Client();
            elsewhere.filter(exchange(), ignored -> Flux.never()).subscribe(client);
            assertThat(client.error).isNull();
        }
    }

    @Test
    void refusesAtOnceWhatCannotBeginInTime() {
        slowCalls();
        begin("a1");
        begin("a2");
        Client third = call("a3");
        assertRefused(third);
        assertThat(refused("late")).isEqualTo(1);
        assertThat(timer.waiting()).isZero();
    }

    @Test
    void refusesByTheHeadWhatItWouldRefuseByTheBody() {
        assertThat(filter.refuses(head("tools/call", Map.of()))).isNull();
        slowCalls();
        begin("a1");
        begin("a2");
        assertRefused(call("a3"));
        RequestHead head = head("tools/call", Map.of());
        Refusal refusal = Objects.requireNonNull(filter.refuses(head));
        assertThat(refusal).isSameAs(filter.refuses(head));
        assertThat(refusal.reason()).isEqualTo(Refusal.Reason.OVERLOADED);
        assertThat(refused("late")).isEqualTo(3);
        assertThat(filter.refuses(head("tools/list", Map.of()))).isNull();
        assertThat(filter.refuses(head("", Map.of()))).isNull();

        finish();
        assertThat(filter.refuses(head)).isNull();
    }

    @Test
    void forgetsACrowdOfASecondAgo() {
        slowCalls();
        begin("a1");
        begin("a2");
        assertRefused(call("a3"));
        timer.advanceBy(Duration.ofMillis(1001));
        assertThat(filter.refuses(head("tools/call", Map.of()))).isNull();
        assertRefused(call("a4"));
        assertThat(filter.refuses(head("tools/call", Map.of()))).isNotNull();
    }

    @Test
    void doesNotRefuseWhoHasLessThanOthersForTheirCrowd() {
        quickCalls(Duration.ofMillis(60));
        begin("a1");
        begin("a2");
        begin("a3");
        begin("a4");
        begin("a5");
        assertRefused(call("a6"));
        Client other = call("b1", "echo", null, Map.of("authorization", "Bearer b"));
        assertThat(other.error).isNull();
        assertThat(filter.refuses(head("tools/call", Map.of()))).isNotNull();
        assertThat(filter.refuses(head("tools/call", Map.of("authorization", "Bearer c"))))
                .isNull();
        finish();
        finish();
        assertThat(begun.subList(begun.size() - 2, begun.size())).containsExactly("a3", "b1");
    }

    @Test
    void keepsTheLineShortWhileMoreComeThanCanBeServed() {
        quickCalls(Duration.ofMillis(10));
        begin("a1");
        begin("a2");
        int refusedAtOnce = 0;
        for (int i = 0; i < 200; i++) {
            refusedAtOnce += call("a" + i).error == null ? 0 : 1;
            timer.advanceBy(Duration.ofMillis(2));
            if (i % 5 == 4) {
                finish();
                finish();
            }
        }
        assertThat(refusedAtOnce).isGreaterThan(80);
        // As many as begin while a call takes, and not those of all the time that a call may wait.
        assertThat(gauge("queue")).isLessThanOrEqualTo(2);
        assertThat(filter.state().toString()).contains("saturated=true");

        while (!working.isEmpty()) {
            finish();
        }
        timer.advanceBy(Duration.ofSeconds(1));
        for (int i = 0; i < 50; i++) {
            begin("a" + i);
            timer.advanceBy(Duration.ofMillis(10));
            finish();
        }
        begin("c1");
        begin("c2");
        assertThat(call("c3").error).isNull();
        assertThat(filter.state().toString()).contains("saturated=false");
    }

    /** Four clients that wait for their answers keep two calls in line for ever, and that is no crowd. */
    @Test
    void aLineThatIsServedSoonIsNoCrowd() {
        quickCalls(Duration.ofMillis(1));
        List<Client> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(call("a" + i));
        }
        for (int i = 0; i < 500; i++) {
            timer.advanceBy(Duration.ofMillis(1));
            finish();
            all.add(call("b" + i));
        }
        assertThat(gauge("queue")).isEqualTo(2);
        assertThat(filter.state().toString()).contains("saturated=false");
        // Nor is it one because the server stops for a moment.
        timer.advanceBy(MAX_WAIT.dividedBy(2));
        assertThat(all).allSatisfy(client -> assertThat(client.error).isNull());
    }

    /** Calls may end in bursts, so only after as long as one takes is it sure that there was a turn. */
    @Test
    void whoIsLetInToWaitThenSeesACallEnd() {
        filter = fixed(8);
        quickCalls(Duration.ofMillis(20));
        for (int i = 0; i < 200; i++) {
            begin("a1");
            begin("a2");
            timer.advanceBy(Duration.ofMillis(1));
            for (int ended = 0; i % 20 == 19 && ended < 8; ended++) {
                finish();
            }
        }
        assertThat(filter.state().toString()).contains("saturated=true");
        while (gauge("queue") < 1) {
            begin("a3");
        }
        int more = 0;
        while (call("a4").error == null) {
            more++;
        }
        assertThat(more).isLessThanOrEqualTo(10);
        timer.advanceBy(Duration.ofMillis(19));
        assertThat(refused("waited")).isZero();
        while (gauge("queue") > 0) {
            finish();
        }
        assertThat(begun).last().isEqualTo(more == 0 ? "a3" : "a4");
    }

    @Test
    void whoAsksForLittleMaySendABurstWhileAnotherIsTheCrowd() {
        filter = fixed(8);
        quickCalls(Duration.ofMillis(20));
        Map<String, String> loud = Map.of("authorization", "Bearer a");
        Map<String, String> quiet = Map.of("authorization", "Bearer q");
        for (int i = 0; i < 600; i++) {
            var unused = call("a1", "echo", null, loud);
            unused = i % 10 == 0 ? call("q1", "echo", null, quiet) : call("a2", "echo", null, loud);
            timer.advanceBy(Duration.ofMillis(1));
            for (int ended = 0; i % 20 == 19 && ended < 8; ended++) {
                finish();
            }
        }
        assertThat(filter.state().toString()).contains("saturated=true");
        for (int i = 0; i < 8; i++) {
            assertThat(call("q2", "echo", null, quiet).error)
                    .as("call %d of the burst", i)
                    .isNull();
        }
    }

    @Test
    void whoIsNotTheCrowdIsLetInBesideIt() {
        filter = gradient(1000, 100);
        call(30, "a", LOUD);
        assertThat(begun).hasSize(PERMITS);
        Client other = call("q1", "echo", null, QUIET);
        assertThat(begun).last().isEqualTo("q1");
        assertThat(other.error).isNull();
        // As if the crowd were not there, but within bounds.
        call(2 * PERMITS, "q", QUIET);
        assertThat(begun).hasSize(3 * PERMITS);
    }

    @Test
    void nobodyIsLetInBeyondTheMostOfTheFile() {
        filter = gradient(PERMITS, 100);
        call(30, "a", LOUD);
        var unused = call("q1", "echo", null, QUIET);
        assertThat(begun).hasSize(PERMITS).doesNotContain("q1");
        finish();
        finish();
        assertThat(begun).contains("q1");
    }

    @Test
    void batchWaitsThoughItsCallerIsNotTheCrowd() {
        filter = gradient(1000, 100);
        call(30, "a", LOUD);
        var unused = call("q1", "report_all", null, QUIET);
        assertThat(begun).hasSize(PERMITS);
        assertThat(gauge("queue")).isEqualTo(30 - PERMITS + 1);
    }

    @Test
    void keepsAPlaceForWhoIsNotTheCrowd() {
        filter = proven();
        stretch(() -> call(60, "a", LOUD));
        call(2, "q", QUIET);
        call(60, "a", LOUD);
        assertThat(begun).hasSize(PERMITS - 2);
        call(2, "q", QUIET);
        assertThat(begun).hasSize(PERMITS);
        call(2, "q", QUIET);
        assertThat(begun).hasSize(PERMITS + 2);

        leave();
        call(60, "a", LOUD);
        assertThat(begun).hasSize(PERMITS);
    }

    @Test
    void manyWhoAreACrowdOnlyTogetherAreNotLetInBesideIt() {
        filter = proven();
        stretch(() -> {
            for (int caller = 0; caller < 100; caller++) {
                call(1, "s", Map.of("authorization", "Bearer " + caller));
            }
        });
        call(60, "a", LOUD);
        assertThat(begun).hasSize(PERMITS);
        for (int caller = 0; caller < 100; caller++) {
            assertRefused(call("s1", "echo", null, Map.of("authorization", "Bearer " + caller)));
        }
    }

    /** The server gets none of what it was asked for in a stretch of time, but who asked is known then. */
    private void stretch(Runnable calls) {
        calls.run();
        timer.advanceBy(Duration.ofMillis(201));
        call(1, "a", LOUD);
        leave();
    }

    /** Nobody waits for anything any more. */
    private void leave() {
        while (!clients.isEmpty()) {
            clients.removeLast().cancel();
        }
        begun.clear();
    }

    private void call(int times, String name, Map<String, String> fields) {
        for (int i = 0; i < times; i++) {
            clients.add(call(name + i, "echo", null, fields));
        }
    }

    /** With as many permits, none of which grows: the server said that it has no room for more. No call waits. */
    private Filter proven() {
        filter = gradient(1000, 9, 0);
        for (int i = 0; i < 10; i++) {
            begin("p" + i);
            timer.advanceBy(Duration.ofMillis(30));
            working.removeFirst().error(new Refusal(Refusal.Reason.UPSTREAM_THROTTLED, "no"));
        }
        // Another stretch of the shares begins.
        timer.advanceBy(Duration.ofSeconds(5));
        begin("p");
        finish();
        begun.clear();
        assertThat(gauge("permits")).isEqualTo(PERMITS);
        return filter;
    }

    /** With 8 calls at a time and headroom for 3 more. */
    private Filter gradient(int max, int queue) {
        return gradient(max, 8, queue);
    }

    private Filter gradient(int max, int initial, int queue) {
        return with(new ConcurrencyConfig(
                Algorithm.GRADIENT, 1, max, initial, queue, MAX_WAIT, List.of(), List.of(NamePattern.of("report_*"))));
    }

    @Test
    void countsWhatTheServerHadNoRoomFor() {
        filter = with(new ConcurrencyConfig(Algorithm.AIMD, 1, 100, 40, 100, MAX_WAIT, List.of(), List.of()));
        for (int i = 0; i < 10; i++) {
            begin("a" + i);
            timer.advanceBy(Duration.ofMillis(30));
            working.removeFirst().error(new Refusal(Refusal.Reason.UPSTREAM_THROTTLED, "no"));
        }
        assertThat(gauge("limit")).isEqualTo(36);
        for (int i = 0; i < 10; i++) {
            begin("a" + i);
            timer.advanceBy(Duration.ofMillis(30));
            working.removeFirst().error(new Refusal(Refusal.Reason.UPSTREAM_TIMEOUT, "no"));
        }
        assertThat(gauge("limit")).isEqualTo(32);
        for (int i = 0; i < 100; i++) {
            begin("a" + i);
            timer.advanceBy(Duration.ofMillis(30));
            working.removeFirst().error(new Refusal(Refusal.Reason.UPSTREAM_UNAVAILABLE, "no"));
        }
        assertThat(gauge("limit")).isEqualTo(32);
    }

    @Test
    void learnsFromWholeAnswersOnly() {
        for (JsonRpc answer : List.<JsonRpc>of(
                JsonRpc.Success.of("{\"content\":[],\"isError\":true}"),
                JsonRpc.Success.of("{\"resultType\":\"input_required\"}"),
                new JsonRpc.Failure(-32000, "no", null))) {
            for (int i = 0; i < 20; i++) {
                begin("a1");
                working.getFirst().next(answer);
                working.removeFirst().complete();
            }
        }
        for (int i = 0; i < 20; i++) {
            begin("a1");
            working.getFirst().next(Exchanges.progress(1));
            finish();
        }
        assertThat(filter.state().toString()).contains("new={").doesNotContain("10ms={");
        quickCalls(Duration.ofMillis(5));
        begin("a1");
        assertThat(filter.state().toString()).contains("10ms={");
    }

    @Test
    void limitsToolsApartByWhatTheyCost() {
        filter = with(new ConcurrencyConfig(
                Algorithm.AIMD,
                1,
                1,
                1,
                0,
                Duration.ZERO,
                List.of(new CostClassConfig("slow", List.of(NamePattern.of("crm__export*")))),
                List.of()));
        begin("a1", "crm__export_all", null);
        begin("a2", "crm__get", null);
        assertThat(begun).containsExactly("a1", "a2");
        assertRefused(call("a3", "crm__export", null));
        assertThat(refused("full")).isEqualTo(1);
        assertThat(filter.state().toString()).contains("slow={").contains("new={");
    }

    /** Teaches the filter that calls take this long. */
    private void quickCalls(Duration each) {
        for (int i = 0; i < 60; i++) {
            begin("w" + i);
            timer.advanceBy(each);
            finish();
        }
        begun.clear();
    }

    private void slowCalls() {
        quickCalls(Duration.ofMillis(500));
    }

    @Test
    void callsOnTheirWayCountUnderAChangedLimit() {
        begin("a1");
        begin("a2");
        Filter former = filter;
        filter = replacing(former, () -> fixed(3));
        begin("a3");
        begin("a4");
        assertThat(begun).containsExactly("a1", "a2", "a3");
        assertThat(gauge("inflight")).isEqualTo(3);
        finish();
        assertThat(begun).containsExactly("a1", "a2", "a3", "a4");
        finish();
        finish();
        finish();
        former.close();
        assertThat(gauge("inflight")).isZero();
        assertThat(meters.find("headgate.concurrency.inflight").gauges()).hasSize(1);
        filter.close();
        assertThat(meters.find("headgate.concurrency.inflight").gauges()).isEmpty();
    }

    @Test
    void thoseInLineGoOnUnderAChangedLimit() {
        filter = fixed(1);
        begin("a1");
        Client second = call("a2");
        filter = replacing(filter, () -> fixed(2));
        Client third = call("a3");
        assertThat(begun).containsExactly("a1", "a2");
        finish();
        assertThat(begun).containsExactly("a1", "a2", "a3");
        finish();
        finish();
        assertThat(second.succeeded).isTrue();
        assertThat(third.succeeded).isTrue();
        assertThat(timer.waiting()).isZero();
    }

    @Test
    void aLowerLimitWaitsForThoseThatAreTooMany() {
        filter = fixed(4);
        for (int i = 1; i <= 4; i++) {
            begin("a" + i);
        }
        filter = replacing(filter, () -> fixed(2));
        begin("a5");
        finish();
        finish();
        assertThat(begun).hasSize(4);
        finish();
        assertThat(begun).hasSize(5);
    }

    @ParameterizedTest
    @CsvSource({"1000, 11", "5, 5"})
    void whatWasLearntStaysBetweenItsNewBounds(int max, int permits) {
        filter = replacing(proven(), () -> gradient(max, 3, 7));
        begin("a1");
        assertThat(gauge("permits")).isEqualTo(permits);
    }

    @Test
    void anotherAlgorithmBeginsWithWhatIsProven() {
        filter = replacing(
                proven(),
                () -> with(new ConcurrencyConfig(Algorithm.AIMD, 1, 100, 40, 100, MAX_WAIT, List.of(), List.of())));
        begin("a1");
        assertThat(gauge("permits")).isEqualTo(8);
    }

    @Test
    void aClassBeginsWithWhatItsToolsHaveTaught() {
        filter = replacing(proven(), () -> with(classed(List.of(fast()))));
        begin("a1");
        assertThat(permitsOf("fast")).isEqualTo(PERMITS);
        filter = replacing(filter, () -> with(classed(List.of())));
        begin("a2");
        assertThat(meters.find("headgate.concurrency.permits")
                        .tags("class", "fast")
                        .gauge())
                .isNull();
        assertThat(permitsOf("new")).isEqualTo(PERMITS);
        assertThat(gauge("inflight")).isEqualTo(1);
        finish();
        finish();
        assertThat(gauge("inflight")).isZero();
    }

    @Test
    void aChangeThatIsNeverUsedChangesNoLimit() {
        begin("a1");
        Filter unused = replacing(filter, () -> fixed(1));
        begin("a2");
        assertThat(begun).hasSize(2);
        unused.close();
        assertThat(gauge("permits")).isEqualTo(2);
    }

    @Test
    void aServerThatThereIsNoMoreIsForgotten() {
        begin("a1");
        filter.forget("demo");
        assertThat(meters.find("headgate.concurrency.permits").gauges()).isEmpty();
        finish();
        begin("a2");
        assertThat(gauge("inflight")).isEqualTo(1);
    }

    private static CostClassConfig fast() {
        return new CostClassConfig("fast", List.of(NamePattern.of("echo")));
    }

    private static ConcurrencyConfig classed(List<CostClassConfig> classes) {
        return new ConcurrencyConfig(Algorithm.GRADIENT, 1, 1000, 9, 0, MAX_WAIT, classes, List.of());
    }

    private double permitsOf(String costClass) {
        return meters.get("headgate.concurrency.permits")
                .tags("class", costClass)
                .gauge()
                .value();
    }

    private void begin(String name) {
        begin(name, "echo", null);
    }

    private void begin(String name, String tool, @Nullable String params) {
        var unused = call(name, tool, params);
    }

    private Client call(String name) {
        return call(name, "echo", null);
    }

    private Client call(String name, String tool, @Nullable String params) {
        return call(name, tool, params, Map.of());
    }

    /** The first letter of the name is the caller. */
    private Client call(String name, String tool, @Nullable String params, Map<String, String> fields) {
        Exchange made = Exchanges.request(
                "tools/call", params == null ? "{\"name\":\"" + tool + "\"}" : params, Target.Kind.TOOL, tool);
        Exchange exchange = new Exchange(
                made.message(),
                made.target(),
                made.route(),
                new Caller(name.substring(0, 1)),
                made.client(),
                null,
                new Fields(fields));
        Client client = new Client();
        filter.filter(exchange, ignored -> {
                    begun.add(name);
                    TestPublisher<JsonRpc> answer = TestPublisher.create();
                    working.add(answer);
                    return answer.flux().doOnCancel(() -> working.remove(answer));
                })
                .subscribe(client);
        return client;
    }

    /** The server is done with its oldest call. */
    private void finish() {
        TestPublisher<JsonRpc> answer = working.poll();
        if (answer != null) {
            answer.next(Exchanges.success("done"));
            answer.complete();
        }
    }

    private void assertPasses(Exchange exchange) {
        Client client = new Client();
        filter.filter(exchange, ignored -> Flux.just(Exchanges.success("done"))).subscribe(client);
        assertThat(client.succeeded).isTrue();
    }

    private static void assertRefused(Client client) {
        assertThat(client.error).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.reason()).isEqualTo(Refusal.Reason.OVERLOADED);
            assertThat(refusal.retryAfter()).isNotNull();
        });
    }

    private double gauge(String name) {
        return meters.find("headgate.concurrency." + name).gauges().stream()
                .mapToDouble(gauge -> gauge.value())
                .sum();
    }

    private double refused(String reason) {
        return meters.find("headgate.concurrency.refused").tags("reason", reason).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    private static RequestHead head(String method, Map<String, String> fields) {
        return new RequestHead() {
            @Override
            public String method() {
                return method;
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
                return new Fields(fields);
            }
        };
    }

    private record Fields(Map<String, String> fields) implements RequestHeaders {
        Fields {
            fields = new HashMap<>(fields);
        }

        @Override
        public @Nullable String get(String name) {
            return fields.get(name);
        }

        @Override
        public void forEach(BiConsumer<String, String> visitor) {
            fields.forEach(visitor);
        }
    }

    private static final class Client extends BaseSubscriber<JsonRpc> {
        boolean succeeded;

        @Nullable
        Throwable error;

        @Override
        protected void hookOnNext(JsonRpc message) {
            succeeded |= message instanceof JsonRpc.Success;
        }

        @Override
        protected void hookOnError(Throwable thrown) {
            error = thrown;
        }
    }
}
