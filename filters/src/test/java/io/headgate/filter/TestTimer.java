package io.headgate.filter;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A timer whose time is advanced by hand, and that knows which tasks still wait. */
public final class TestTimer implements Scheduler {
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final AtomicInteger scheduled = new AtomicInteger();
    private final Set<Disposable> waiting = ConcurrentHashMap.newKeySet();

    public void advanceBy(Duration duration) {
        time.advanceTimeBy(duration);
    }

    /** How many tasks there were. */
    public int scheduled() {
        return scheduled.get();
    }

    /** How many tasks wait for their time. */
    public int waiting() {
        return waiting.size();
    }

    @Override
    public Disposable schedule(Runnable task) {
        return time.schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        Disposable.Swap entry = Disposables.swap();
        waiting.add(entry);
        scheduled.incrementAndGet();
        Disposable scheduled = time.schedule(
                () -> {
                    waiting.remove(entry);
                    task.run();
                },
                delay,
                unit);
        entry.update(Disposables.composite(scheduled, () -> waiting.remove(entry)));
        return entry;
    }

    @Override
    public Worker createWorker() {
        return time.createWorker();
    }

    @Override
    public long now(TimeUnit unit) {
        return time.now(unit);
    }

    @Override
    public void dispose() {
        time.dispose();
    }
}
