package io.headgate.filter.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.LiveGauges;
import io.headgate.filter.Refusal;
import io.headgate.filter.Routed;
import io.headgate.filter.TestTimer;
import io.headgate.mcp.JsonRpc;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Calls that begin, end and are cancelled at the same time, by two threads. */
class BreakerRaceTest {
    private static final int ROUNDS = 3_000;
    private static final Duration OPEN = Duration.ofSeconds(5);
    private static final BreakerConfig SLOW = new BreakerConfig(
            Duration.ofSeconds(10),
            20,
            50,
            BreakerConfig.DEFAULT.failures(),
            Duration.ofSeconds(1),
            80,
            Duration.ofSeconds(5),
            /* probes= */ 3);
    private static final Flux<JsonRpc> FAILING =
            Flux.error(new Refusal(Refusal.Reason.UPSTREAM_UNAVAILABLE, "not reached"));

    @Test
    void noPermissionIsLostOrWonTwice() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        CyclicBarrier barrier = new CyclicBarrier(2);
        TestTimer timer = new TestTimer();
        BreakerConfig config = new BreakerConfig(
                Duration.ofSeconds(10),
                2,
                50,
                BreakerConfig.DEFAULT.failures(),
                null,
                80,
                Duration.ofSeconds(1),
                /* probes= */ 2);
        Filter breaker = Routed.to(
                "weather",
                new BreakerFilter(
                        config,
                        new FilterContext(
                                "filters[0]",
                                new SimpleMeterRegistry(),
                                InstantSource.system(),
                                timer,
                                Path.of("target"))));
        try {
            for (int i = 0; i < ROUNDS; i++) {
                send(breaker, FAILING);
                send(breaker, FAILING);
                timer.advanceBy(Duration.ofMillis(1_001));
                Sinks.Many<JsonRpc> probe = Sinks.many().unicast().onBackpressureBuffer();
                Disposable running = call(breaker, probe.asFlux());
                Future<?> answering = threads.submit(() -> {
                    barrier.await();
                    probe.emitNext(Exchanges.success("done"), Sinks.EmitFailureHandler.FAIL_FAST);
                    probe.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
                    return null;
                });
                Future<?> leaving = threads.submit(() -> {
                    barrier.await();
                    running.dispose();
                    return null;
                });
                join(answering);
                join(leaving);
                // Whoever won: one probe is missing, or two; never none, and never more.
                AtomicInteger sent = new AtomicInteger();
                Flux<JsonRpc> counted = Flux.<JsonRpc>never().doOnSubscribe(ignored -> sent.incrementAndGet());
                Disposable[] probes = {call(breaker, counted), call(breaker, counted), call(breaker, counted)};
                assertThat(sent.get()).isBetween(1, 2);
                for (Disposable each : probes) {
                    each.dispose();
                }
                send(breaker, Flux.just(Exchanges.success("done")));
                send(breaker, Flux.just(Exchanges.success("done")));
                assertThat(breaker.state().toString()).contains("state=closed");
                // The window of the closed breaker begins anew for the next round.
                timer.advanceBy(Duration.ofSeconds(11));
            }
        } finally {
            threads.shutdownNow();
            timer.dispose();
        }
    }

    /** Two event loops with calls to one server: neither waits for the other, and no end is lost. */
    @Test
    void noCallWaitsForAnotherOneAndAllAreCounted() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        CyclicBarrier barrier = new CyclicBarrier(2);
        int calls = 400_000;
        BreakerConfig config = new BreakerConfig(
                Duration.ofMinutes(10), 1_000_000, 100, BreakerConfig.DEFAULT.failures(), null, 80, OPEN, 3);
        Scheduler timer = Schedulers.newSingle("timer");
        Filter breaker = Routed.to(
                "weather",
                new BreakerFilter(
                        config,
                        new FilterContext(
                                "filters[0]",
                                new SimpleMeterRegistry(),
                                InstantSource.system(),
                                timer,
                                Path.of("target"))));
        Flux<JsonRpc> good = Flux.just(Exchanges.success("done"));
        Callable<Long> loop = () -> {
            ThreadMXBean all = ManagementFactory.getThreadMXBean();
            // What is loaded and made at first is none of the question.
            send(breaker, good);
            send(breaker, FAILING);
            barrier.await();
            ThreadInfo before = all.getThreadInfo(Thread.currentThread().getId());
            for (int i = 0; i < calls; i++) {
                send(breaker, i % 4 == 0 ? FAILING : good);
            }
            ThreadInfo after = all.getThreadInfo(Thread.currentThread().getId());
            return after.getBlockedCount()
                    + after.getWaitedCount()
                    - before.getBlockedCount()
                    - before.getWaitedCount();
        };
        try {
            Future<Long> one = threads.submit(loop);
            Future<Long> other = threads.submit(loop);
            assertThat(one.get(30, TimeUnit.SECONDS) + other.get(30, TimeUnit.SECONDS))
                    .isZero();
            assertThat(breaker.state().toString())
                    .contains("calls=" + (2 * calls + 4))
                    .contains("failed=" + (calls / 2 + 2));
        } finally {
            threads.shutdownNow();
            timer.dispose();
        }
    }

    /** What was asked of a person and given up at the same time is taken out of the count once. */
    @Test
    void aCallLeavesItsSlotOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        CyclicBarrier barrier = new CyclicBarrier(2);
        TestTimer timer = new TestTimer();
        JsonRpc.Question question = new JsonRpc.Question("roots/list", null, answer -> {});
        ServerBreaker breaker = new ServerBreaker(
                "weather", SLOW, timer, new SimpleMeterRegistry(), new LiveGauges(new SimpleMeterRegistry()));
        try {
            for (int i = 0; i < ROUNDS; i++) {
                Sinks.Many<JsonRpc> stream = Sinks.many().unicast().onBackpressureBuffer();
                Disposable running = new GuardedAnswer(breaker, Exchanges.toolCall(), next -> stream.asFlux())
                        .subscribe(message -> {}, error -> {});
                Future<?> asking = threads.submit(() -> {
                    barrier.await();
                    stream.emitNext(question, Sinks.EmitFailureHandler.FAIL_FAST);
                    return null;
                });
                Future<?> leaving = threads.submit(() -> {
                    barrier.await();
                    running.dispose();
                    return null;
                });
                join(asking);
                join(leaving);
            }
            for (int i = 0; i < 10; i++) {
                var unused = new GuardedAnswer(breaker, Exchanges.toolCall(), next -> Flux.never()).subscribe();
            }
            timer.advanceBy(Duration.ofSeconds(3));
            assertThat(breaker.state()).containsEntry("slow", 10);
        } finally {
            threads.shutdownNow();
            timer.dispose();
        }
    }

    private static void join(Future<?> end) throws Exception {
        try {
            end.get(10, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException cancelledSink) {
            // A sink may say that its subscriber has gone.
            assertThat(cancelledSink.getCause()).isInstanceOf(Sinks.EmissionException.class);
        }
    }

    private static void send(Filter breaker, Flux<JsonRpc> answer) {
        var unused = call(breaker, answer);
    }

    private static Disposable call(Filter breaker, Flux<JsonRpc> answer) {
        return breaker.filter(Exchanges.toolCall(), next -> answer).subscribe(message -> {}, error -> {});
    }
}
