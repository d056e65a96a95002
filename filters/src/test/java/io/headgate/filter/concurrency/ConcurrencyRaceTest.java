package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.NamePattern;
import io.headgate.filter.Routed;
import io.headgate.mcp.JsonRpc;
import io.headgate.testkit.Await;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Two threads that call, wait, cancel and answer: no permit is used twice, none is lost, and everybody gets one end. */
class ConcurrencyRaceTest {
    private static final int THREADS = 2;
    private static final int CALLS = 20_000;
    private static final int PERMITS = 3;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Scheduler timer = Schedulers.newParallel("race", THREADS, /* daemon= */ true);
    private final AtomicInteger working = new AtomicInteger();
    private final AtomicInteger tooMany = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    @Test
    void countsPermitsRight() throws Exception {
        Filter filter = Routed.to(
                "demo",
                new ConcurrencyFilter(
                        // Of one class from the beginning: with each class that a tool turns out to be of, other
                        // permits begin.
                        new ConcurrencyConfig(
                                Algorithm.AIMD,
                                PERMITS,
                                PERMITS,
                                PERMITS,
                                50,
                                Duration.ofMillis(20),
                                List.of(new CostClassConfig("all", List.of(NamePattern.of("*")))),
                                List.of()),
                        new FilterContext("filters[0]", meters, InstantSource.system(), timer, Path.of("target"))));
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        CountDownLatch ended = new CountDownLatch(THREADS * CALLS);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                String caller = "caller" + i;
                running.add(threads.submit(() -> {
                    for (int call = 0; call < CALLS; call++) {
                        call(filter, caller, ended);
                    }
                }));
            }
            for (Future<?> each : running) {
                each.get(50, TimeUnit.SECONDS);
            }
            assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
        } finally {
            threads.shutdownNow();
        }
        assertThat(tooMany).hasValue(0);
        assertThat(done.get()).isPositive();
        assertThat(refused.get()).isPositive();
        Await.until("no permit is held", () -> gauge("inflight") == 0 && gauge("queue") == 0);
        timer.dispose();
    }

    private void call(Filter filter, String caller, CountDownLatch ended) {
        Exchange exchange = Exchanges.toolCall().withCaller(new Caller(caller));
        ThreadLocalRandom random = ThreadLocalRandom.current();
        boolean slow = random.nextInt(4) == 0;
        BaseSubscriber<JsonRpc> client = new BaseSubscriber<>() {
            @Override
            protected void hookOnComplete() {
                done.incrementAndGet();
            }

            @Override
            protected void hookOnError(Throwable error) {
                refused.incrementAndGet();
            }

            @Override
            protected void hookFinally(SignalType type) {
                ended.countDown();
            }
        };
        filter.filter(exchange, ignored -> answer(slow)).subscribe(client);
        if (random.nextInt(8) == 0) {
            client.cancel();
        }
    }

    private Flux<JsonRpc> answer(boolean slow) {
        return Flux.defer(() -> {
            if (working.incrementAndGet() > PERMITS) {
                tooMany.incrementAndGet();
            }
            AtomicInteger once = new AtomicInteger(1);
            Mono<JsonRpc> answer = Mono.just(Exchanges.success("done"));
            return (slow ? answer.delayElement(Duration.ofNanos(50_000), timer) : answer)
                    .flux()
                    .doOnTerminate(() -> leave(once))
                    .doOnCancel(() -> leave(once));
        });
    }

    /** Before the filter hears of the end: of an answer and a cancel that meet, neither goes on before it is counted. */
    private void leave(AtomicInteger once) {
        synchronized (once) {
            if (once.getAndDecrement() == 1) {
                working.decrementAndGet();
            }
        }
    }

    private double gauge(String name) {
        return meters.find("headgate.concurrency." + name).gauges().stream()
                .mapToDouble(gauge -> gauge.value())
                .sum();
    }
}
