package io.headgate.filter.retry;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContract;
import io.headgate.filter.Handler;
import io.headgate.filter.NamePattern;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.filter.Route;
import io.headgate.filter.Routed;
import io.headgate.filter.Target;
import io.headgate.filter.ToolHints;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class RetryFilterTest extends FilterContract {
    private final Refusal unsent = new Refusal(Reason.UPSTREAM_UNAVAILABLE, "not reached").unsent();
    private final Refusal lost = new Refusal(Reason.UPSTREAM_AMBIGUOUS, "lost");
    private static final Flux<JsonRpc> GOOD = Flux.just(Exchanges.success("done"));

    private final Deque<Flux<JsonRpc>> answers = new ArrayDeque<>();
    private final List<Long> sentAt = new ArrayList<>();
    private ToolHints hints = ToolHints.NONE;
    private String server = "weather";

    @Override
    protected Filter filter() {
        return retry(RetryConfig.DEFAULT);
    }

    @Test
    void sendsAgainWhatWasNeverSent() {
        answers.addAll(List.of(Flux.error(unsent), Flux.error(unsent), GOOD));
        Client client = call(filter());
        assertThat(sentAt).containsExactly(0L);
        // The random numbers of the test are the largest: no pause is longer.
        timer.advanceBy(ms(50));
        assertThat(sentAt).containsExactly(0L, 50L);
        timer.advanceBy(ms(100));
        assertThat(sentAt).containsExactly(0L, 50L, 150L);
        assertThat(client.error).isNull();
        assertThat(client.messages).hasSize(1);
        assertThat(client.isComplete).isTrue();
        assertThat(count("headgate.retry.attempts", "kind", "retry")).isEqualTo(2);
    }

    @Test
    void givesUpAfterTheLastAttempt() {
        Refusal last = new Refusal(Reason.UPSTREAM_UNAVAILABLE, "still not reached").unsent();
        answers.addAll(List.of(Flux.error(unsent), Flux.error(unsent), Flux.error(last), GOOD));
        Client client = call(filter());
        timer.advanceBy(ms(10_000));
        assertThat(client.error).isSameAs(last);
        assertThat(sentAt).hasSize(3);
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void neverSendsACallAgainThatMayHaveBeenExecuted(Reason reason) {
        Refusal refusal = new Refusal(reason, "no");
        answers.addAll(List.of(Flux.error(refusal), GOOD));
        Client client = call(filter());
        timer.advanceBy(ms(10_000));
        assertThat(client.error).isSameAs(refusal);
        assertThat(sentAt).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "UPSTREAM_AMBIGUOUS, true",
        "UPSTREAM_UNAVAILABLE, true",
        "UPSTREAM_ERROR, true",
        "UPSTREAM_THROTTLED, true",
        "UPSTREAM_TIMEOUT, false",
        "UPSTREAM_REFUSED, false",
        "UPSTREAM_PROTOCOL, false",
        "UPSTREAM_AUTH, false",
        "OVERLOADED, false",
        "DENIED, false",
        "RATE_LIMITED, false"
    })
    void sendsAgainWhatDoesNoHarmTwiceIfThatMayHelp(Reason reason, boolean again) {
        answers.addAll(List.of(Flux.error(new Refusal(reason, "no")), GOOD));
        Client client = call(idempotent("ec*"));
        timer.advanceBy(ms(10_000));
        assertThat(sentAt).hasSize(again ? 2 : 1);
        assertThat(client.error == null).isEqualTo(again);
    }

    @Test
    void believesTheFileAndNoServerThatItDoesNotTrust() {
        hints = new ToolHints(true, true);
        answers.addAll(List.of(Flux.error(lost), GOOD));
        send(retry(config(List.of("other*"), List.of("crm"), null)));
        timer.advanceBy(ms(10_000));
        assertThat(sentAt).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"true, false, 2", "false, true, 2", "false, false, 1"})
    void believesAServerThatTheFileTrusts(boolean readOnly, boolean isIdempotent, int sent) {
        hints = new ToolHints(readOnly, isIdempotent);
        answers.addAll(List.of(Flux.error(lost), GOOD));
        send(retry(config(List.of(), List.of("weather"), null)));
        timer.advanceBy(ms(10_000));
        assertThat(sentAt).hasSize(sent);
    }

    @ParameterizedTest
    @ValueSource(strings = {"resources/read", "prompts/get", "completion/complete", "tasks/get"})
    void readsAreSentAgain(String method) {
        answers.addAll(List.of(Flux.error(lost), GOOD));
        send(filter(), Exchanges.request(method, "{}", Target.Kind.RESOURCE, "a:b"));
        timer.advanceBy(ms(10_000));
        assertThat(sentAt).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tasks/cancel", "tasks/update"})
    void changesAreNot(String method) {
        answers.addAll(List.of(Flux.error(lost), GOOD));
        send(filter(), Exchanges.request(method, "{}", Target.Kind.TASK, "t"));
        timer.advanceBy(ms(10_000));
        assertThat(sentAt).hasSize(1);
    }

    @Test
    void whatGoesOnWithSomethingBegunIsNot() {
        answers.addAll(List.of(Flux.error(unsent), GOOD));
        send(
                idempotent("*"),
                Exchanges.request(
                        "tools/call", "{\"name\":\"echo\",\"requestState\":\"s\"}", Target.Kind.TOOL, "echo"));
        timer.advanceBy(ms(10_000));
        assertThat(sentAt).hasSize(1);
    }

    @Test
    void nothingIsSentAgainOnceTheClientHasHeardOfIt() {
        JsonRpc question = new JsonRpc.Question("roots/list", null, answer -> {});
        for (JsonRpc first : List.of(Exchanges.progress(1), question)) {
            sentAt.clear();
            answers.clear();
            answers.addAll(List.of(Flux.just(first).concatWith(Flux.error(unsent)), GOOD));
            Client client = call(idempotent("*"));
            timer.advanceBy(ms(10_000));
            assertThat(sentAt).hasSize(1);
            assertThat(client.error).isSameAs(unsent);
        }
    }

    @Test
    void waitsAsLongAsTheServerWants() {
        Refusal throttled = new Refusal(Reason.UPSTREAM_THROTTLED, "slower", ms(1_000));
        answers.addAll(List.of(Flux.error(throttled), GOOD));
        send(idempotent("*"));
        timer.advanceBy(ms(999));
        assertThat(sentAt).hasSize(1);
        timer.advanceBy(ms(51));
        assertThat(sentAt).hasSize(2);
    }

    @Test
    void doesNotWaitLongerThanItMay() {
        Refusal throttled = new Refusal(Reason.UPSTREAM_THROTTLED, "slower", ms(2_001));
        answers.addAll(List.of(Flux.error(throttled), GOOD));
        Client client = call(idempotent("*"));
        assertThat(client.error).isSameAs(throttled);
        assertThat(timer.waiting()).isZero();
    }

    @Test
    void doesNotWaitBeyondTheDeadline() {
        answers.addAll(List.of(Flux.error(unsent), Flux.error(unsent), GOOD));
        long deadline = TimeUnit.MILLISECONDS.toNanos(150);
        Client client = call(filter(), exchange().withDeadline(deadline));
        timer.advanceBy(ms(50));
        assertThat(sentAt).hasSize(2);
        assertThat(client.error).isSameAs(unsent);
        assertThat(count("headgate.retry.refused", "reason", "deadline")).isEqualTo(1);
        assertThat(timer.waiting()).isZero();
    }

    @Test
    void keepsToTheBudgetOfTheServer() {
        Filter filter = retry(withBudget(20, 0));
        AtomicInteger sent = new AtomicInteger();
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Client client = new Client();
            clients.add(client);
            filter.filter(exchange(), next -> {
                        sent.incrementAndGet();
                        return Flux.error(unsent);
                    })
                    .subscribe(client);
        }
        timer.advanceBy(ms(1_000));
        assertThat(sent).hasValue(120);
        assertThat(clients).allMatch(client -> client.error == unsent);
        assertThat(count("headgate.retry.refused", "reason", "budget")).isPositive();

        server = "crm";
        sentAt.clear();
        for (int i = 0; i < 5; i++) {
            answers.add(GOOD);
            send(filter);
        }
        answers.addAll(List.of(Flux.error(unsent), GOOD));
        send(filter);
        timer.advanceBy(ms(50));
        assertThat(sentAt).hasSize(7);
    }

    @Test
    void aCancelEndsThePause() {
        answers.addAll(List.of(Flux.error(unsent), GOOD));
        Client client = call(filter());
        assertThat(timer.waiting()).isEqualTo(1);
        client.cancel();
        assertThat(timer.waiting()).isZero();
        timer.advanceBy(ms(1_000));
        assertThat(sentAt).hasSize(1);
    }

    @Test
    void asksTheNextAttemptForWhatTheClientWants() {
        TestPublisher<JsonRpc> second = TestPublisher.create();
        List<Long> requests = new ArrayList<>();
        answers.addAll(List.of(Flux.error(unsent), second.flux().doOnRequest(requests::add)));
        StepVerifier.create(filter().filter(exchange(), handler()), 0)
                .expectSubscription()
                .thenRequest(2)
                .then(() -> timer.advanceBy(ms(50)))
                .then(() -> assertThat(requests).containsExactly(2L))
                .thenRequest(3)
                .then(() -> assertThat(requests).containsExactly(2L, 3L))
                .then(() -> second.next(Exchanges.progress(1))
                        .next(Exchanges.success("done"))
                        .complete())
                .expectNextCount(2)
                .expectComplete()
                .verify(Duration.ofSeconds(2));
    }

    @Test
    void aSlowCallIsMadeTwiceAndTheFirstAnswerCounts() {
        TestPublisher<JsonRpc> first = TestPublisher.create();
        TestPublisher<JsonRpc> second = TestPublisher.create();
        answers.addAll(List.of(first.flux(), second.flux()));
        Client client = call(hedging(ms(100)));
        timer.advanceBy(ms(99));
        assertThat(sentAt).hasSize(1);
        timer.advanceBy(ms(1));
        assertThat(sentAt).hasSize(2);
        second.next(Exchanges.success("second"));
        first.assertCancelled();
        second.complete();
        assertThat(client.messages).hasSize(1);
        assertThat(client.isComplete).isTrue();
        assertThat(count("headgate.retry.attempts", "kind", "hedge")).isEqualTo(1);
    }

    @Test
    void theLoserOfTwoIsCancelledWhicheverItIs() {
        TestPublisher<JsonRpc> first = TestPublisher.create();
        TestPublisher<JsonRpc> second = TestPublisher.create();
        answers.addAll(List.of(first.flux(), second.flux()));
        Client client = call(hedging(ms(100)));
        timer.advanceBy(ms(100));
        first.next(Exchanges.progress(1));
        second.assertCancelled();
        first.next(Exchanges.success("first")).complete();
        assertThat(client.messages).hasSize(2);
    }

    @Test
    void oneOfTwoMayFail() {
        TestPublisher<JsonRpc> first = TestPublisher.create();
        TestPublisher<JsonRpc> second = TestPublisher.create();
        answers.addAll(List.of(first.flux(), second.flux()));
        Client client = call(hedging(ms(100)));
        timer.advanceBy(ms(100));
        first.error(lost);
        assertThat(client.error).isNull();
        second.next(Exchanges.success("second")).complete();
        assertThat(client.messages).hasSize(1);
        assertThat(timer.waiting()).isZero();
    }

    @Test
    void aFastCallAndOneThatChangesSomethingAreNotMadeTwice() {
        answers.addAll(List.of(GOOD));
        send(hedging(ms(100)));
        assertThat(timer.waiting()).isZero();

        answers.addAll(List.of(Flux.never(), GOOD));
        RetryConfig.Hedge hedge = new RetryConfig.Hedge(ms(100), null);
        send(retry(config(List.of("other"), List.of(), hedge)));
        timer.advanceBy(ms(10_000));
        assertThat(sentAt).hasSize(2);
    }

    @Test
    void aSecondAttemptCountsInTheBudget() {
        Filter filter = retry(new RetryConfig(
                3,
                ms(50),
                ms(2_000),
                new RetryConfig.Budget(0, 0),
                List.of(NamePattern.of("*")),
                List.of(),
                new RetryConfig.Hedge(ms(100), null)));
        answers.addAll(List.of(Flux.never(), GOOD));
        send(filter);
        timer.advanceBy(ms(1_000));
        assertThat(sentAt).hasSize(1);
        assertThat(count("headgate.retry.refused", "reason", "budget")).isEqualTo(1);
    }

    @Test
    void learnsWhatIsSlow() {
        Filter filter = retry(config(List.of("*"), List.of(), new RetryConfig.Hedge(null, 95)));
        for (int i = 0; i < 40; i++) {
            TestPublisher<JsonRpc> one = TestPublisher.create();
            answers.add(one.flux());
            send(filter);
            timer.advanceBy(ms(10));
            one.next(Exchanges.success("done")).complete();
        }
        sentAt.clear();
        answers.addAll(List.of(Flux.never(), GOOD));
        send(filter);
        timer.advanceBy(ms(9));
        assertThat(sentAt).hasSize(1);
        timer.advanceBy(ms(4));
        assertThat(sentAt).hasSize(2);
    }

    @Test
    void aDefectBehindItIsPassedOn() {
        IllegalStateException defect = new IllegalStateException("a defect");
        Client client = new Client();
        idempotent("*")
                .filter(exchange(), next -> {
                    throw defect;
                })
                .subscribe(client);
        assertThat(client.error).isSameAs(defect);
    }

    @Test
    void passesWhatGoesToNoServerInParticular() {
        server = "";
        answers.addAll(List.of(Flux.error(unsent), GOOD));
        Client client = call(filter());
        assertThat(client.error).isSameAs(unsent);
        Flux<JsonRpc> list = filter().filter(Exchanges.request("tools/list", "{}"), next -> GOOD);
        assertThat(list).isSameAs(GOOD);
    }

    @Test
    void aChangeGivesAServerNoNewBudget() {
        Filter former = retry(withBudget(0, 1));
        answers.addAll(List.of(Flux.error(unsent), GOOD, GOOD));
        send(former);
        timer.advanceBy(ms(50));
        assertThat(budgetOf(former)).isZero();
        Filter changed = replacing(former, () -> retry(withBudget(10, 2)));
        send(changed);
        assertThat(budgetOf(changed)).isZero();
        former.close();
        changed.forget("weather");
        assertThat(changed.state()).containsEntry("servers", Map.of());
    }

    private static long budgetOf(Filter filter) {
        Map<?, ?> servers = (Map<?, ?>) Objects.requireNonNull(filter.state().get("servers"));
        Map<?, ?> weather = (Map<?, ?>) Objects.requireNonNull(servers.get("weather"));
        return (Long) Objects.requireNonNull(weather.get("budget"));
    }

    private Filter idempotent(String pattern) {
        return retry(config(List.of(pattern), List.of(), null));
    }

    private Filter hedging(Duration after) {
        return retry(config(List.of("*"), List.of(), new RetryConfig.Hedge(after, null)));
    }

    private static RetryConfig withBudget(int percent, int perSecond) {
        return new RetryConfig(
                3, ms(50), ms(2_000), new RetryConfig.Budget(percent, perSecond), List.of(), List.of(), null);
    }

    private static RetryConfig config(List<String> idempotent, List<String> trust, RetryConfig.@Nullable Hedge hedge) {
        return new RetryConfig(
                3,
                ms(50),
                ms(2_000),
                RetryConfig.Budget.DEFAULT,
                idempotent.stream().map(NamePattern::of).toList(),
                trust,
                hedge);
    }

    private Filter retry(RetryConfig config) {
        return new Routed(
                exchange -> {
                    String tool = exchange.route().tool();
                    return new Route.Known(server, tool, tool, hints, null);
                },
                new RetryFilter(config, context(), bound -> bound - 1));
    }

    private void send(Filter filter) {
        send(filter, exchange());
    }

    private void send(Filter filter, Exchange exchange) {
        var unused = call(filter, exchange);
    }

    private Client call(Filter filter) {
        return call(filter, exchange());
    }

    private Client call(Filter filter, Exchange exchange) {
        Client client = new Client();
        filter.filter(exchange, handler()).subscribe(client);
        return client;
    }

    private Handler handler() {
        return next -> Flux.defer(() -> {
            sentAt.add(timer.now(TimeUnit.MILLISECONDS));
            return Objects.requireNonNull(answers.poll());
        });
    }

    private double count(String meter, String tag, String value) {
        return meters.get(meter)
                .tag(tag, value)
                .tag("upstream", "weather")
                .counter()
                .count();
    }

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    private static final class Client extends BaseSubscriber<JsonRpc> {
        private final List<JsonRpc> messages = new ArrayList<>();
        private @Nullable Throwable error;
        private boolean isComplete;

        @Override
        protected void hookOnNext(JsonRpc message) {
            messages.add(message);
        }

        @Override
        protected void hookOnError(Throwable failure) {
            error = failure;
        }

        @Override
        protected void hookOnComplete() {
            isComplete = true;
        }
    }

    /** A server that says so of its own tool. */
    @Test
    void readsTheHintsOfATool() {
        assertThat(ToolHints.of(RawJson.of("{\"annotations\":{\"readOnlyHint\":true}}"))
                        .isRepeatable())
                .isTrue();
        assertThat(ToolHints.of(RawJson.of("{\"annotations\":{\"idempotentHint\":true}}"))
                        .isRepeatable())
                .isTrue();
        for (String tool : List.of(
                "{}",
                "{\"annotations\":7}",
                "{\"annotations\":{\"readOnlyHint\":\"true\",\"idempotentHint\":1}}",
                "{\"annotations\":{\"readOnlyHint\":false,\"destructiveHint\":false}}")) {
            assertThat(ToolHints.of(RawJson.of(tool))).isEqualTo(ToolHints.NONE);
        }
    }
}
