package io.headgate.filter.retry;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchanges;
import io.headgate.filter.FilterContext;
import io.headgate.filter.NamePattern;
import io.headgate.filter.Refusal;
import io.headgate.filter.Routed;
import io.headgate.filter.TestTimer;
import io.headgate.mcp.JsonRpc;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/** Two attempts, the timer and the client on several threads. */
class RetryRaceTest {
    private static final int ROUNDS = 5_000;
    private final Refusal unsent = new Refusal(Refusal.Reason.UPSTREAM_UNAVAILABLE, "not reached").unsent();

    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final CyclicBarrier barrier = new CyclicBarrier(2);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void ofTwoAnswersAtTheSameTimeOneCountsWhole() throws Exception {
        int[] won = new int[2];
        for (int i = 0; i < ROUNDS; i++) {
            TestTimer timer = new TestTimer();
            List<Upstream> upstreams = new ArrayList<>();
            StrictClient client = new StrictClient(Long.MAX_VALUE);
            call(timer, new RetryConfig.Hedge(Duration.ofMillis(1), null), upstreams, client);
            timer.advanceBy(Duration.ofMillis(1));
            Upstream first = upstreams.get(0);
            Upstream second = upstreams.get(1);
            together(() -> first.answer("first"), () -> second.answer("second"));
            assertThat(client.ends).hasValue(1);
            assertThat(client.overlaps).hasValue(0);
            assertThat(client.texts()).hasSize(2).containsOnly(client.texts().get(0));
            boolean firstWon = client.texts().get(0).contains("first");
            assertThat(firstWon ? second.cancelled : first.cancelled).isTrue();
            won[firstWon ? 0 : 1]++;
            timer.dispose();
        }
        assertThat(won[0]).isPositive();
        assertThat(won[1]).isPositive();
    }

    @Test
    void aCancelWhileAnAttemptFailsLeavesNothingBehind() throws Exception {
        for (int i = 0; i < ROUNDS; i++) {
            TestTimer timer = new TestTimer();
            List<Upstream> upstreams = new ArrayList<>();
            StrictClient client = new StrictClient(Long.MAX_VALUE);
            call(timer, null, upstreams, client);
            together(() -> upstreams.get(0).fail(unsent), client::cancel);
            assertThat(timer.waiting()).isZero();
            timer.advanceBy(Duration.ofSeconds(10));
            assertThat(upstreams).hasSize(1);
            assertThat(client.ends).hasValue(0);
            timer.dispose();
        }
    }

    @Test
    void whatIsWantedIsAskedForOnceWhileAttemptsChange() throws Exception {
        for (int i = 0; i < ROUNDS; i++) {
            TestTimer timer = new TestTimer();
            List<Upstream> upstreams = new ArrayList<>();
            StrictClient client = new StrictClient(1);
            call(timer, null, upstreams, client);
            upstreams.get(0).fail(unsent);
            together(() -> timer.advanceBy(Duration.ofMillis(1)), () -> {
                client.request(2);
                client.request(3);
            });
            assertThat(upstreams).hasSize(2);
            assertThat(upstreams.get(1).wanted).hasValue(6);
            timer.dispose();
        }
    }

    @Test
    void twoThreadsGetTogetherWhatOneWould() throws Exception {
        RetryBudget budget = new RetryBudget(new RetryConfig.Budget(20, 0), 0);
        AtomicInteger repeated = new AtomicInteger();
        Runnable failing = () -> {
            for (int i = 0; i < 100_000; i++) {
                budget.call();
                if (budget.repeat(0)) {
                    repeated.incrementAndGet();
                }
            }
        };
        together(failing, failing);
        assertThat(repeated).hasValue(40_000);
    }

    private void call(
            TestTimer timer, RetryConfig.@Nullable Hedge hedge, List<Upstream> upstreams, StrictClient client) {
        RetryConfig config = new RetryConfig(
                3,
                Duration.ofMillis(1),
                Duration.ofMillis(1),
                RetryConfig.Budget.DEFAULT,
                List.of(NamePattern.of("*")),
                List.of(),
                hedge);
        FilterContext context =
                new FilterContext("filters[0]", meters, InstantSource.system(), timer, Path.of("target"));
        Routed.to("weather", new RetryFilter(config, context, bound -> bound - 1))
                .filter(Exchanges.toolCall(), next -> {
                    Upstream upstream = new Upstream();
                    upstreams.add(upstream);
                    return upstream;
                })
                .subscribe(client);
    }

    private void together(Runnable one, Runnable other) throws Exception {
        Future<?> first = threads.submit(() -> {
            barrier.await();
            one.run();
            return null;
        });
        Future<?> second = threads.submit(() -> {
            barrier.await();
            other.run();
            return null;
        });
        first.get(10, TimeUnit.SECONDS);
        second.get(10, TimeUnit.SECONDS);
    }

    private static final class Upstream extends Flux<JsonRpc> implements Subscription {
        private volatile @Nullable CoreSubscriber<? super JsonRpc> client;
        private volatile boolean cancelled;
        private final AtomicLong wanted = new AtomicLong();

        void answer(String text) {
            CoreSubscriber<? super JsonRpc> subscriber = Objects.requireNonNull(client);
            JsonRpc message = Exchanges.success(text);
            subscriber.onNext(message);
            if (!cancelled) {
                subscriber.onNext(message);
                subscriber.onComplete();
            }
        }

        void fail(Throwable error) {
            Objects.requireNonNull(client).onError(error);
        }

        @Override
        public void subscribe(CoreSubscriber<? super JsonRpc> subscriber) {
            client = subscriber;
            subscriber.onSubscribe(this);
        }

        @Override
        public void request(long count) {
            wanted.addAndGet(count);
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    private static final class StrictClient implements CoreSubscriber<JsonRpc> {
        private final long first;
        private final List<JsonRpc> messages = new ArrayList<>();
        private final AtomicInteger ends = new AtomicInteger();
        private final AtomicInteger overlaps = new AtomicInteger();
        private final AtomicInteger inside = new AtomicInteger();
        private volatile @Nullable Subscription subscription;

        StrictClient(long first) {
            this.first = first;
        }

        List<String> texts() {
            return messages.stream()
                    .map(message -> ((JsonRpc.Success) message).result().toString())
                    .toList();
        }

        void request(long count) {
            Objects.requireNonNull(subscription).request(count);
        }

        void cancel() {
            Objects.requireNonNull(subscription).cancel();
        }

        @Override
        public void onSubscribe(Subscription given) {
            subscription = given;
            given.request(first);
        }

        @Override
        public void onNext(JsonRpc message) {
            alone(() -> messages.add(message));
        }

        @Override
        public void onError(Throwable error) {
            alone(ends::incrementAndGet);
        }

        @Override
        public void onComplete() {
            alone(ends::incrementAndGet);
        }

        private void alone(Runnable action) {
            if (inside.incrementAndGet() != 1) {
                overlaps.incrementAndGet();
            }
            action.run();
            inside.decrementAndGet();
        }
    }
}
