package io.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import io.headgate.testkit.Await;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/**
 * What every filter keeps, whatever it is for. A filter's test extends this and says how to make the filter so that the
 * {@linkplain #exchange() exchange} passes.
 */
@Timeout(10)
public abstract class FilterContract {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int MANY = 2_000;

    /** The time of the filter's timer; advanced by hand. */
    protected final TestTimer timer = new TestTimer();

    protected final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    /** Where the filter may keep files. */
    @TempDir
    protected Path data = Path.of("target");

    private final LiveGauges gauges = new LiveGauges(meters);
    private final Events events = new Events();
    private @Nullable Filter replaced;

    /** A new filter that lets the exchange pass, and could not take {@value #MANY} at once if it counts what it passes. */
    protected abstract Filter filter();

    /** An exchange that the filter lets pass. */
    protected Exchange exchange() {
        return Exchanges.toolCall();
    }

    /** What a filter is made with; while one is being replaced, that one is in it. */
    protected final FilterContext context() {
        return new FilterContext(
                "filters[0]", meters, gauges, InstantSource.system(), timer, data, events, new Secrets(), replaced);
    }

    /** A new filter, made to replace another one. */
    protected final Filter replacing(Filter former) {
        return replacing(former, this::filter);
    }

    /** The same with a configuration of its own. */
    protected final <F extends Filter> F replacing(Filter former, Supplier<F> making) {
        replaced = former instanceof Routed routed ? routed.filter() : former;
        F next = making.get();
        replaced = null;
        return next;
    }

    @AfterEach
    final void disposeTimer() {
        timer.dispose();
    }

    @Test
    final void passesTheWholeAnswerInOrder() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        JsonRpc.Question question = new JsonRpc.Question("roots/list", null, answer -> {});
        StepVerifier.create(filter().filter(exchange(), ignored -> upstream.flux()))
                .then(() -> upstream.next(Exchanges.progress(1)))
                .assertNext(message -> assertThat(message).isEqualTo(Exchanges.progress(1)))
                .then(() -> upstream.next(question))
                .assertNext(message -> assertThat(message)
                        .isInstanceOfSatisfying(
                                JsonRpc.Question.class,
                                asked -> assertThat(asked.method()).isEqualTo(question.method())))
                .then(() -> upstream.next(Exchanges.progress(2)))
                .assertNext(message -> assertThat(message).isEqualTo(Exchanges.progress(2)))
                .then(() -> upstream.next(Exchanges.success("done")))
                .assertNext(message -> assertThat(textOf(message)).isEqualTo(textOf(Exchanges.success("done"))))
                .then(upstream::complete)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    final void passesAFailureOfTheUpstream() {
        JsonRpc failure = new JsonRpc.Failure(-32000, "no", RawJson.of("{\"why\":1}"));
        StepVerifier.create(filter().filter(exchange(), ignored -> Flux.just(failure)))
                .expectNext(failure)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    final void passesAnErrorOfTheUpstream() {
        Refusal refusal = new Refusal(Refusal.Reason.UPSTREAM_PROTOCOL, "no");
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        StepVerifier.create(filter().filter(exchange(), ignored -> upstream.flux()))
                .then(() -> upstream.next(Exchanges.progress(1)))
                .expectNextCount(1)
                .then(() -> upstream.error(refusal))
                .expectErrorMatches(error -> error == refusal)
                .verify(PATIENCE);
    }

    @Test
    final void passesTheAnswerToAQuestion() {
        List<JsonRpc.Response> answers = new ArrayList<>();
        JsonRpc.Success answer = JsonRpc.Success.of("{\"roots\":[]}");
        Flux<JsonRpc> upstream =
                Flux.just(new JsonRpc.Question("roots/list", null, answers::add), Exchanges.success("done"));
        StepVerifier.create(filter().filter(exchange(), ignored -> upstream))
                .consumeNextWith(
                        message -> ((JsonRpc.Question) message).answer().accept(answer))
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(answers).containsExactly(answer);
    }

    @Test
    final void passesACancelToTheUpstream() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        StepVerifier.create(filter().filter(exchange(), ignored -> upstream.flux()))
                .then(() -> upstream.next(Exchanges.progress(1)))
                .expectNextCount(1)
                .thenCancel()
                .verify(PATIENCE);
        upstream.assertCancelled();
    }

    @Test
    final void asksForNoMoreThanTheClientDoes() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        List<Long> requests = new ArrayList<>();
        Flux<JsonRpc> counted = upstream.flux().doOnRequest(requests::add);
        StepVerifier.create(filter().filter(exchange(), ignored -> counted), 0)
                .expectSubscription()
                .then(() -> assertThat(sum(requests)).isZero())
                .thenRequest(1)
                .then(() -> assertThat(sum(requests)).isEqualTo(1))
                .then(() -> upstream.next(Exchanges.progress(1)))
                .expectNextCount(1)
                .thenRequest(2)
                .then(() -> assertThat(sum(requests)).isEqualTo(3))
                .then(() -> upstream.next(Exchanges.progress(2)))
                .then(() -> upstream.next(Exchanges.success("done")))
                .expectNextCount(2)
                .then(upstream::complete)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    final void asksNothingBeforeSubscription() {
        AtomicInteger subscriptions = new AtomicInteger();
        Flux<JsonRpc> upstream =
                Flux.<JsonRpc>just(Exchanges.success("done")).doOnSubscribe(ignored -> subscriptions.incrementAndGet());
        Flux<JsonRpc> answer = filter().filter(exchange(), ignored -> upstream);
        assertThat(subscriptions).hasValue(0);
        StepVerifier.create(answer).expectNextCount(1).expectComplete().verify(PATIENCE);
        assertThat(subscriptions).hasValue(1);
    }

    @Test
    final void takesNothingForAnAnswerThatNobodySubscribesTo() {
        Filter filter = filter();
        for (int i = 0; i < MANY; i++) {
            assertThat(filter.filter(exchange(), ignored -> Flux.never())).isNotNull();
        }
        assertPasses(filter);
    }

    @Test
    final void holdsNothingAfterCompletion() {
        Filter filter = filter();
        for (int i = 0; i < MANY; i++) {
            assertEnds(run(filter, Flux.just(Exchanges.progress(1), Exchanges.success("done"))));
        }
        assertPasses(filter);
        assertNothingIsScheduled();
    }

    @Test
    final void holdsNothingAfterAnError() {
        Filter filter = filter();
        for (int i = 0; i < MANY; i++) {
            assertEnds(run(filter, Flux.error(new Refusal(Refusal.Reason.UPSTREAM_PROTOCOL, "no"))));
            assertEnds(run(filter, Flux.error(new IllegalStateException("a defect"))));
        }
        assertPasses(filter);
        assertNothingIsScheduled();
    }

    @Test
    final void holdsNothingAfterACancel() {
        Filter filter = filter();
        for (int i = 0; i < MANY; i++) {
            run(filter, Flux.<JsonRpc>never()).cancel();
            run(filter, Flux.<JsonRpc>just(Exchanges.progress(1)).concatWith(Flux.never()))
                    .cancel();
        }
        assertPasses(filter);
        assertNothingIsScheduled();
    }

    @Test
    final void servesTwoChainsAtOnce() {
        Filter filter = filter();
        List<String> seen = new ArrayList<>();
        Handler one = filter.before(exchange -> {
            seen.add("one");
            return Flux.just(Exchanges.success("one"));
        });
        Handler other = filter.before(exchange -> {
            seen.add("other");
            return Flux.just(Exchanges.success("other"));
        });
        for (Handler each : List.of(one, other, one)) {
            StepVerifier.create(each.handle(exchange()))
                    .assertNext(message ->
                            assertThat(textOf(message)).isEqualTo(textOf(Exchanges.success(seen.get(seen.size() - 1)))))
                    .expectComplete()
                    .verify(PATIENCE);
        }
        assertThat(seen).containsExactly("one", "other", "one");
    }

    @Test
    final void isReplacedWhileACallIsOnItsWay() {
        Filter former = filter();
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        List<JsonRpc> answer = new ArrayList<>();
        var unused = former.filter(exchange(), ignored -> upstream.flux()).subscribe(answer::add);
        Filter next = replacing(former);
        assertPasses(next);
        upstream.next(Exchanges.success("done")).complete();
        assertThat(answer)
                .singleElement()
                .satisfies(message -> assertThat(textOf(message)).isEqualTo(textOf(Exchanges.success("done"))));
        former.close();
        for (int i = 0; i < MANY; i++) {
            assertEnds(run(next, Flux.just(Exchanges.success("done"))));
        }
        assertPasses(next);
        assertNothingIsScheduled();
        next.close();
        assertThat(gauges()).isEmpty();
    }

    @Test
    final void goesOnIfWhatWasToReplaceItIsClosed() {
        Filter filter = filter();
        assertPasses(filter);
        List<Meter.Id> gauges = gauges();
        replacing(filter).close();
        assertPasses(filter);
        assertThat(gauges()).containsExactlyInAnyOrderElementsOf(gauges);
        filter.close();
    }

    @Test
    final void keepsNoFilterThatItReplaced() {
        List<WeakReference<Filter>> former = new ArrayList<>();
        Filter present = filter();
        assertPasses(present);
        for (int i = 0; i < 3; i++) {
            Filter next = replacing(present);
            assertPasses(next);
            present.close();
            former.add(new WeakReference<>(present));
            present = next;
        }
        Await.until("what was replaced is garbage", () -> {
            System.gc();
            return former.stream().allMatch(each -> each.get() == null);
        });
        assertPasses(present);
        present.close();
    }

    private List<Meter.Id> gauges() {
        return meters.getMeters().stream()
                .filter(Gauge.class::isInstance)
                .map(Meter::getId)
                .toList();
    }

    private void assertPasses(Filter filter) {
        AtomicInteger asked = new AtomicInteger();
        StepVerifier.create(filter.filter(exchange(), ignored -> {
                    asked.incrementAndGet();
                    return Flux.just(Exchanges.success("done"));
                }))
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(asked).hasValue(1);
    }

    private static void assertEnds(Disposable client) {
        assertThat(client.isDisposed()).isTrue();
    }

    private void assertNothingIsScheduled() {
        // What is left in the timer would keep the exchanges of a busy gateway alive.
        assertThat(timer.waiting()).isLessThanOrEqualTo(1);
    }

    private BaseSubscriber<JsonRpc> run(Filter filter, Flux<JsonRpc> answer) {
        BaseSubscriber<JsonRpc> client = new BaseSubscriber<>() {
            @Override
            protected void hookOnError(Throwable expected) {
                // Errors are what some answers end with.
            }
        };
        filter.filter(exchange(), ignored -> answer).subscribe(client);
        return client;
    }

    private static long sum(List<Long> requests) {
        return requests.stream().mapToLong(Long::longValue).sum();
    }

    private static String textOf(JsonRpc message) {
        return ((JsonRpc.Success) message).result().toString();
    }
}
