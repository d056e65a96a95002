package io.headgate.filter.concurrency;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/**
 * A server of so many workers with a queue of its own, more calls than it can do, and a limit between them; in virtual
 * time, so that a minute takes no time.
 */
final class SimulatedServer {
    private static final double SECOND = 1e9;

    private final Random random;
    private final DoubleUnaryOperator service;
    private final Estimator estimator;
    private final PriorityQueue<Job> working = new PriorityQueue<>();
    private final ArrayDeque<Job> waiting = new ArrayDeque<>();
    private final ArrayDeque<Job> begun = new ArrayDeque<>();
    private final List<Double> limits = new ArrayList<>();
    int workers;
    double serviceNanos;
    double arrivalsPerSecond;
    /** After so long a client gives up; the server works on its call all the same. */
    double patienceNanos = Double.POSITIVE_INFINITY;
    /** With more than this in flight it throttles; 0 for never. */
    int room;

    long done;
    private int inFlight;
    private double now;
    private double nextArrival;

    /** @param service makes a service time of mean 1 from a random number */
    SimulatedServer(Limit limit, int workers, double serviceMillis, DoubleUnaryOperator service, long seed) {
        this.random = new Random(seed);
        this.service = service;
        this.workers = workers;
        serviceNanos = serviceMillis * 1e6;
        arrivalsPerSecond = 5 * capacity();
        estimator = new Estimator(limit, 0);
    }

    /** Service times that do not vary. */
    static double fixed(double uniform) {
        return 1;
    }

    /** Between half and one and a half. */
    static double uniform(double uniform) {
        return 0.5 + uniform;
    }

    /** As varied as service times usually get. */
    static double exponential(double uniform) {
        return -Math.log(1 - uniform);
    }

    double capacity() {
        return workers * SECOND / serviceNanos;
    }

    Limit limit() {
        return estimator.limit();
    }

    /** A call that would be refused asks for more. */
    boolean grow() {
        return estimator.grow((long) now);
    }

    void run(double seconds) {
        limits.clear();
        double end = now + seconds * SECOND;
        double nextLook = now;
        while (now < end) {
            giveUp();
            Job first = working.peek();
            if (first != null && first.end <= nextArrival) {
                now = first.end;
                working.poll();
                finish(first);
            } else {
                now = nextArrival;
                nextArrival = now - Math.log(1 - random.nextDouble()) * SECOND / arrivalsPerSecond;
                arrive();
            }
            while (nextLook <= now) {
                limits.add(estimator.limit().value());
                nextLook += SECOND / 10;
            }
        }
    }

    /** The values that the limit had in the last run, ten a second. */
    List<Double> limits() {
        return List.copyOf(limits);
    }

    private void arrive() {
        if (inFlight >= estimator.limit().permits()) {
            return;
        }
        inFlight++;
        if (room > 0 && inFlight > room) {
            var unused = estimator.drop((long) now, inFlight);
            inFlight--;
            return;
        }
        Job job = new Job(now, inFlight);
        begun.add(job);
        if (working.size() < workers) {
            work(job);
        } else {
            waiting.add(job);
        }
    }

    /** Those whose clients have waited for too long by now. */
    private void giveUp() {
        Job oldest = begun.peek();
        while (oldest != null && (oldest.isOver || oldest.start + patienceNanos <= now)) {
            begun.poll();
            if (!oldest.isOver) {
                oldest.isOver = true;
                inFlight--;
                if (estimator.isLong((long) patienceNanos)) {
                    var unused = estimator.giveUp((long) now, oldest.startedInFlight);
                }
            }
            oldest = begun.peek();
        }
    }

    private void work(Job job) {
        job.end = now + serviceNanos * service.applyAsDouble(random.nextDouble());
        working.add(job);
    }

    private void finish(Job job) {
        if (!job.isOver) {
            job.isOver = true;
            done++;
            var unused = estimator.sample((long) now, (long) (now - job.start), job.startedInFlight);
            inFlight--;
        }
        while (working.size() < workers && !waiting.isEmpty()) {
            work(waiting.poll());
        }
    }

    private static final class Job implements Comparable<Job> {
        private final double start;
        private final int startedInFlight;
        private double end;
        private boolean isOver;

        Job(double start, int startedInFlight) {
            this.start = start;
            this.startedInFlight = startedInFlight;
        }

        @Override
        public int compareTo(Job other) {
            return Double.compare(end, other.end);
        }
    }
}
