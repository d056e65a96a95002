package io.headgate.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/** Tasks run where they are asked for. */
class EventLoopSchedulerTest {
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(3, NioIoHandler.newFactory());
    private final EventLoopScheduler scheduler = new EventLoopScheduler(group);

    @AfterEach
    void stop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void runsOnTheLoopThatAsked() throws Exception {
        for (EventExecutor loop : group) {
            CompletableFuture<Boolean> now = new CompletableFuture<>();
            CompletableFuture<Boolean> later = new CompletableFuture<>();
            loop.execute(() -> {
                scheduler.schedule(() -> now.complete(loop.inEventLoop()));
                scheduler.schedule(() -> later.complete(loop.inEventLoop()), 1, TimeUnit.MILLISECONDS);
            });
            assertThat(now.get(2, TimeUnit.SECONDS)).isTrue();
            assertThat(later.get(2, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void takesOneOfTheLoopsForOtherThreads() throws Exception {
        CompletableFuture<Thread> ran = new CompletableFuture<>();
        scheduler.schedule(() -> ran.complete(Thread.currentThread()));
        assertThat(ran.get(2, TimeUnit.SECONDS)).isNotSameAs(Thread.currentThread());
    }

    @Test
    void neverRunsWhatWasCalledOff() throws Exception {
        AtomicBoolean ran = new AtomicBoolean();
        CountDownLatch after = new CountDownLatch(1);
        group.next().execute(() -> {
            Disposable task = scheduler.schedule(() -> ran.set(true), 5, TimeUnit.MILLISECONDS);
            scheduler.schedule(after::countDown, 30, TimeUnit.MILLISECONDS);
            task.dispose();
            assertThat(task.isDisposed()).isTrue();
        });
        assertThat(after.await(2, TimeUnit.SECONDS)).isTrue();
        assertThat(ran).isFalse();
    }

    @Test
    void keepsAWorkerOnItsLoopAndCallsOffAllOfIt() throws Exception {
        EventExecutor loop = group.next();
        CompletableFuture<Scheduler.Worker> made = new CompletableFuture<>();
        loop.execute(() -> made.complete(scheduler.createWorker()));
        Scheduler.Worker worker = made.get(2, TimeUnit.SECONDS);
        CompletableFuture<Boolean> own = new CompletableFuture<>();
        worker.schedule(() -> own.complete(loop.inEventLoop()));
        assertThat(own.get(2, TimeUnit.SECONDS)).isTrue();
        Disposable later = worker.schedule(() -> {}, 1, TimeUnit.HOURS);
        worker.dispose();
        assertThat(later.isDisposed()).isTrue();
        assertThatThrownBy(() -> worker.schedule(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void takesATaskThatDisposesItsWorkerAtOnce() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            Scheduler.Worker worker = scheduler.createWorker();
            CountDownLatch ran = new CountDownLatch(1);
            worker.schedule(() -> {
                worker.dispose();
                ran.countDown();
            });
            assertThat(ran.await(2, TimeUnit.SECONDS)).isTrue();
        }
    }
}
