package io.headgate.filter.timeout;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Events;
import io.headgate.filter.Exchanges;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Secrets;
import io.headgate.mcp.JsonRpc;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** The timer and the upstream on two threads, both with the last word to say. */
class TimeoutRaceTest {
    private static final int MANY_ROUNDS = 20_000;
    private static final int OF_EACH = 500;

    @Test
    void thereIsOneEndAndNobodySpeaksOverAnother() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        CyclicBarrier barrier = new CyclicBarrier(2);
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        int refusals = 0;
        int answers = 0;
        try {
            // Enough when either has won often; a busy machine may favour one.
            while (Math.min(refusals, answers) < OF_EACH && refusals + answers < MANY_ROUNDS) {
                CapturedTimer timer = new CapturedTimer();
                TimeoutFilter filter = new TimeoutFilter(
                        TimeoutConfig.of(Duration.ofSeconds(1)),
                        new FilterContext(
                                "filters[0]",
                                meters,
                                InstantSource.system(),
                                timer,
                                Path.of("target"),
                                new Events(),
                                new Secrets()));
                StrictClient client = new StrictClient();
                Upstream upstream = new Upstream();
                filter.filter(Exchanges.toolCall(), ignored -> upstream).subscribe(client);
                timer.now = TimeUnit.SECONDS.toNanos(1);
                Future<?> speaking = threads.submit(() -> {
                    barrier.await();
                    upstream.answer();
                    return null;
                });
                Future<?> expiring = threads.submit(() -> {
                    barrier.await();
                    timer.fire();
                    return null;
                });
                speaking.get(10, TimeUnit.SECONDS);
                expiring.get(10, TimeUnit.SECONDS);
                assertThat(client.ends).hasValue(1);
                assertThat(client.overlaps).hasValue(0);
                refusals += client.refusals.get();
                answers += 1 - client.refusals.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(refusals).isPositive();
        assertThat(answers).isPositive();
    }

    /** A timer with one task, which runs when told. */
    private static final class CapturedTimer implements Scheduler {
        volatile long now;
        private volatile @Nullable Runnable task;

        void fire() {
            Objects.requireNonNull(task).run();
        }

        @Override
        public long now(TimeUnit unit) {
            return unit.convert(now, TimeUnit.NANOSECONDS);
        }

        @Override
        public Disposable schedule(Runnable scheduled) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Disposable schedule(Runnable scheduled, long delay, TimeUnit unit) {
            task = scheduled;
            return Disposables.single();
        }

        @Override
        public Worker createWorker() {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Upstream extends Flux<JsonRpc> implements Subscription {
        private volatile @Nullable CoreSubscriber<? super JsonRpc> client;
        private volatile boolean cancelled;

        void answer() {
            CoreSubscriber<? super JsonRpc> subscriber = Objects.requireNonNull(client);
            for (int i = 0; i < 3 && !cancelled; i++) {
                subscriber.onNext(Exchanges.progress(i));
            }
            subscriber.onComplete();
        }

        @Override
        public void subscribe(CoreSubscriber<? super JsonRpc> subscriber) {
            client = subscriber;
            subscriber.onSubscribe(this);
        }

        @Override
        public void request(long count) {
            // Speaks when it likes.
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    private static final class StrictClient implements CoreSubscriber<JsonRpc> {
        final AtomicInteger ends = new AtomicInteger();
        final AtomicInteger overlaps = new AtomicInteger();
        final AtomicInteger refusals = new AtomicInteger();
        private final AtomicInteger inside = new AtomicInteger();

        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(JsonRpc message) {
            alone(Thread::onSpinWait);
        }

        @Override
        public void onError(Throwable error) {
            alone(refusals::incrementAndGet);
            ends.incrementAndGet();
        }

        @Override
        public void onComplete() {
            alone(Thread::onSpinWait);
            ends.incrementAndGet();
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
