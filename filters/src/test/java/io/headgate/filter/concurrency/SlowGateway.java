package io.headgate.filter.concurrency;

import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * A gateway of one event loop that is the bottleneck, before a server that does every call at once, and clients that each
 * wait for their answer before they call again; in virtual time.
 *
 * <p>Each request, each answer and each task waits until the loop is done with what came before it. Now and then the loop
 * has no CPU for a while.
 */
final class SlowGateway implements Scheduler {
    private static final double SECOND = 1e9;
    private static final double SERVER = 1e6;
    private static final double STALL = 8e6;
    private static final double STALLS = 0.01;

    private final Random random = new Random(7);
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Queue<Runnable> line = new ArrayDeque<>();
    private final double cost;
    private final boolean knowsLateness;
    private final Lateness lateness;
    private final Estimator estimator;
    private double free;
    private double now;
    private long number;
    private int inFlight;
    long done;
    int fewestPermits = Integer.MAX_VALUE;

    /**
     * @param micros what a request, and an answer, costs the loop
     * @param knowsLateness false if what the loop is late counts as what the server takes
     */
    SlowGateway(Limit limit, double micros, boolean knowsLateness) {
        cost = micros * 1e3;
        this.knowsLateness = knowsLateness;
        lateness = new Lateness(this);
        estimator = new Estimator(limit, 0);
    }

    /** So many clients come, and stay; time goes on. */
    void run(int clients, double seconds) {
        for (int i = 0; i < clients; i++) {
            at(now, cost, this::request);
        }
        double end = now + seconds * SECOND;
        while (now < end) {
            Event next = events.remove();
            free = Math.max(next.time, free) + next.cost;
            now = free;
            next.task.run();
        }
    }

    Limit limit() {
        return estimator.limit();
    }

    private void at(double time, double taken, Runnable task) {
        double stall = random.nextDouble() < STALLS ? STALL : 0;
        events.add(new Event(time, number++, taken + stall, task));
    }

    private void request() {
        if (inFlight >= estimator.limit().permits()) {
            line.add(this::send);
        } else {
            send();
        }
    }

    private void send() {
        inFlight++;
        double sent = now;
        int started = inFlight;
        at(now + SERVER, cost, () -> answer(sent, started));
    }

    private void answer(double sent, int started) {
        done++;
        long own = lateness.ofCalls((long) now);
        long nanos = Math.max(1, (long) (now - sent) - (knowsLateness ? own : 0));
        var unused = estimator.sample((long) now, nanos, started);
        fewestPermits = Math.min(fewestPermits, estimator.limit().permits());
        inFlight--;
        Runnable next = line.poll();
        if (next != null && inFlight < estimator.limit().permits()) {
            next.run();
        }
        at(now, cost, this::request);
    }

    @Override
    public long now(TimeUnit unit) {
        return unit.convert((long) now, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task) {
        at(now, 0, task);
        return Disposables.disposed();
    }

    @Override
    public Worker createWorker() {
        return new Worker() {
            @Override
            public Disposable schedule(Runnable task) {
                return SlowGateway.this.schedule(task);
            }

            @Override
            public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
                at(now + unit.toNanos(delay), 0, task);
                return Disposables.disposed();
            }

            @Override
            public void dispose() {}
        };
    }

    private record Event(double time, long number, double cost, Runnable task) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Double.compare(time, other.time);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }
}
