package io.headgate.gateway.telemetry;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Runs each task on the event loop that asks for it, now or later, so that a call's timers fire where the call lives.
 *
 * <p>A thread that is none of the group's gets the next loop in turn. The loops belong to whoever made them: disposing
 * of this scheduler leaves them alone.
 */
public final class EventLoopScheduler implements Scheduler {
    private final EventExecutorGroup group;
    private final FastThreadLocal<@Nullable EventExecutor> own = new FastThreadLocal<>() {
        @Override
        protected @Nullable EventExecutor initialValue() {
            for (EventExecutor loop : group) {
                if (loop.inEventLoop()) {
                    return loop;
                }
            }
            return null;
        }
    };

    public EventLoopScheduler(EventExecutorGroup group) {
        this.group = group;
    }

    @Override
    public Disposable schedule(Runnable task) {
        return new Task(submit(loop(), task, 0, TimeUnit.NANOSECONDS));
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return new Task(submit(loop(), task, delay, unit));
    }

    @Override
    public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return new Task(loop().scheduleAtFixedRate(new Periodic(task), initialDelay, period, unit));
    }

    /** A worker keeps to the loop that asked for it. */
    @Override
    public Worker createWorker() {
        return new LoopWorker(loop());
    }

    /** Of a clock that never jumps, because what is measured with it are intervals. */
    @Override
    public long now(TimeUnit unit) {
        return unit.convert(System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private EventExecutor loop() {
        EventExecutor loop = own.get();
        return loop != null ? loop : group.next();
    }

    private static Future<?> submit(EventExecutor loop, Runnable task, long delay, TimeUnit unit) {
        if (loop.isShuttingDown()) {
            throw new RejectedExecutionException("the event loops are stopping");
        }
        return delay <= 0 ? loop.submit(task) : loop.schedule(task, delay, unit);
    }

    /** One task that can be called off. */
    private record Task(Future<?> future) implements Disposable {
        @Override
        public void dispose() {
            var unused = future.cancel(/* mayInterruptIfRunning= */ false);
        }

        @Override
        public boolean isDisposed() {
            return future.isDone();
        }
    }

    /** Runs tasks in their order on one loop. */
    private static final class LoopWorker implements Worker {
        private final EventExecutor loop;
        private final Disposable.Composite tasks = Disposables.composite();

        LoopWorker(EventExecutor loop) {
            this.loop = loop;
        }

        @Override
        public Disposable schedule(Runnable task) {
            return schedule(task, 0, TimeUnit.NANOSECONDS);
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            refuseIfDisposed();
            return track(submit(loop, task, delay, unit));
        }

        @Override
        public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
            refuseIfDisposed();
            return track(loop.scheduleAtFixedRate(new Periodic(task), initialDelay, period, unit));
        }

        @Override
        public void dispose() {
            tasks.dispose();
        }

        @Override
        public boolean isDisposed() {
            return tasks.isDisposed();
        }

        private void refuseIfDisposed() {
            if (isDisposed()) {
                throw new RejectedExecutionException("the worker is disposed");
            }
        }

        /** A task that is over already may have disposed the worker on its loop, which is no reason to refuse it. */
        private Disposable track(Future<?> future) {
            Task task = new Task(future);
            if (tasks.add(task)) {
                var unused = future.addListener(done -> tasks.remove(task));
            }
            return task;
        }
    }
}
