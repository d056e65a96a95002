package io.headgate.filter.concurrency;

import io.headgate.filter.concurrency.ConcurrencyMeters.Refused;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * The permits for the calls of one server and cost class, and the line before them.
 *
 * <p>A permit is taken and given back by counting, without a lock. The line has one, held for as long as it takes to
 * look at its ends; so has the estimator. Whoever joins the line looks for a free permit afterwards, and whoever frees
 * one looks at the line afterwards, so that nobody waits beside a free permit.
 *
 * <p>A call is refused if it would wait for too long, by the calls before it and how many end in a second, and only if the
 * limit is proven. An unproven one grows instead.
 */
final class Limiter {
    /** Part of the bound that an expected wait may take, because callers in turn may come before it. */
    private static final double MARGIN = 0.95;

    /** While more come than can be served, a wait buys nothing, so the line is kept to this part of its length. */
    private static final double SHORT = 32;

    /** That is over when nobody waits, and nobody was refused for so long. */
    private static final long CALM = TimeUnit.SECONDS.toNanos(1);

    /** How long an unproven limit may hold calls up before it grows. */
    private static final long HOLD = TimeUnit.MILLISECONDS.toNanos(100);

    /** A server that ends no call for so many times as long as one takes does not get more of them. */
    private static final int SILENCE = 4;

    /** Nor one of which nobody knows how long a call takes, for so long. */
    private static final long LONGEST_CALL = TimeUnit.MINUTES.toNanos(1);

    private volatile int capacity;
    private volatile long maxWait;
    private final Scheduler timer;
    private final Shares shares;
    final ConcurrencyMeters meters;
    private final AtomicInteger inFlight = new AtomicInteger();

    /** Those in flight that came first, because their callers are not the crowd. */
    private final AtomicInteger first = new AtomicInteger();

    private final Estimator estimator;
    private volatile int permits;
    private volatile int headroom;

    private final WaitingLine line = new WaitingLine();

    /** Of the time since calls wait; guarded by the line. */
    private final Throughput pace = new Throughput();

    private volatile int waiting;

    /** True while a task looks after those who wait. */
    private final AtomicBoolean watched = new AtomicBoolean();

    /** True while more come than can be served. */
    private volatile boolean saturated;

    private volatile long refusedAt;

    /** @param former what was learned there holds here, if there is one */
    Limiter(ConcurrencyConfig config, @Nullable Limiter former, ConcurrencyMeters meters, Scheduler timer) {
        this.timer = timer;
        capacity = config.queue();
        maxWait = config.maxWait().toNanos();
        shares = new Shares(now());
        estimator = former == null
                ? new Estimator(config.algorithm().start(Bounds.of(config)), now())
                : new Estimator(former.estimator, now());
        permits = limit().permits();
        headroom = limit().headroom();
        this.meters = meters;
        meters.show(this);
    }

    /** Goes on by another configuration: what was learnt stays as far as that allows, and so do those in flight and in line. */
    void follow(ConcurrencyConfig config) {
        capacity = config.queue();
        maxWait = config.maxWait().toNanos();
        synchronized (estimator) {
            estimator.follow(config.algorithm(), Bounds.of(config), now());
        }
        follow();
    }

    private long now() {
        return timer.now(TimeUnit.NANOSECONDS);
    }

    /**
     * True if a caller is not the crowd: it asks for no more than its share of what is served, or, as long as nobody was
     * refused, for less than others do on average.
     */
    boolean isBelowItsShare(int share) {
        if (shares.knowsCrowd()) {
            return shares.asksForLess(share);
        }
        return !hasRoom(/* comesFirst= */ false) && shares.asksForLessThanOthers(share);
    }

    /**
     * Takes a permit; how many calls are in flight then, or 0 if there is none.
     *
     * @param comesFirst it does not matter then what others have, as if the crowd were not there
     */
    int take(int share, boolean comesFirst) {
        int started = comesFirst ? takeFirst() : waiting > 0 ? 0 : takeFree();
        if (started > 0) {
            shares.asked(share);
        }
        return started;
    }

    private int takeFirst() {
        if (first.incrementAndGet() <= mostFirst()) {
            int taken = takeUpTo(estimator.limit().most());
            if (taken > 0) {
                return taken;
            }
        }
        first.getAndDecrement();
        return 0;
    }

    /** Theirs take long while those leave that were too many, so there are more of them then than otherwise. */
    private int mostFirst() {
        return 2 * permits;
    }

    private int takeFree() {
        return takeUpTo(forCrowd());
    }

    private int takeUpTo(int most) {
        int taken;
        do {
            taken = inFlight.get();
            if (taken >= most) {
                return 0;
            }
        } while (!inFlight.compareAndSet(taken, taken + 1));
        return taken + 1;
    }

    /** For each call that comes first, a place in the headroom is kept for another one. */
    private int forCrowd() {
        int kept = Math.min(first.get(), headroom);
        return permits - kept;
    }

    /** Gives a permit back, and so to the next in line. */
    void giveBack(boolean cameFirst) {
        if (cameFirst) {
            first.getAndDecrement();
        }
        inFlight.getAndDecrement();
        if (waiting > 0) {
            synchronized (line) {
                pace.ended(now(), permits);
            }
            serve();
        }
    }

    /** True if a call that came now would find a permit. */
    boolean hasRoom(boolean comesFirst) {
        return comesFirst
                ? first.get() < mostFirst()
                        && inFlight.get() < estimator.limit().most()
                : waiting == 0 && inFlight.get() < forCrowd();
    }

    /**
     * How long a call that finds no permit may wait for one, in nanoseconds; 0 if it is refused.
     *
     * @param left how long somebody waits for its answer
     */
    long patience(int share, boolean isBelow, long left, long now) {
        turn(now);
        // What is left must do for the call itself too.
        long bound = Math.min(maxWait, left - (long) estimator.latency());
        Refused reason = whyNot(isBelow, bound, now);
        while (reason != null && left > 0 && grow(now)) {
            reason = whyNot(isBelow, bound, now);
        }
        if (reason == null) {
            return Math.max(1, bound);
        }
        shares.asked(share);
        refuse(reason, now);
        if (reason == Refused.LATE && bound == maxWait) {
            saturated = true;
        }
        return 0;
    }

    private @Nullable Refused whyNot(boolean isBelow, long bound, long now) {
        if (hasRoom(/* comesFirst= */ false)) {
            return null;
        }
        if (waiting >= capacity || maxWait == 0) {
            return Refused.FULL;
        }
        // Whoever has less than others is not made to pay for the crowd of theirs.
        boolean isInTime = bound > 0 && (isBelow || expectedWait(now) <= longest((double) bound));
        return isInTime ? null : Refused.LATE;
    }

    /** How long a call may be expected to wait. */
    private double longest(double bound) {
        return saturated ? Math.min(bound, Math.max(maxWait / SHORT, estimator.latency())) : MARGIN * bound;
    }

    /** How long a call that came now would wait, in nanoseconds. */
    double expectedWait(long now) {
        // Those who are too many leave first.
        int ahead = waiting + Math.max(0, inFlight.get() - permits);
        double latency = estimator.latency();
        double perNano = latency > 0 ? permits / latency : Double.POSITIVE_INFINITY;
        synchronized (line) {
            if (line.size() > 0) {
                perNano = pace.perNano(now, permits, perNano);
            }
        }
        return (ahead + 1) / perNano;
    }

    /** Lets more calls through if it is not proven that these are too many. */
    private boolean grow(long now) {
        if (estimator.limit().isProven() || !isAlive(now)) {
            return false;
        }
        boolean hasGrown;
        synchronized (estimator) {
            hasGrown = estimator.grow(now);
        }
        if (hasGrown) {
            follow();
        }
        return hasGrown;
    }

    private boolean isAlive(long now) {
        double latency = estimator.latency();
        long longest = latency > 0 ? Math.max(maxWait, (long) (SILENCE * latency)) : LONGEST_CALL;
        synchronized (line) {
            return line.size() == 0 || pace.silence(now) <= longest;
        }
    }

    private void turn(long now) {
        shares.turn(now, inFlight.get() + waiting);
        if (saturated && waiting == 0 && now - refusedAt >= CALM) {
            saturated = false;
        }
    }

    /** A call that came is refused. */
    void refuse(Refused reason, long now) {
        meters.count(reason);
        shares.refused();
        refusedAt = now;
    }

    /** Joins the line; the call goes on as soon as there is a permit, which may be at once. */
    void join(WaitingCall call, int share, long now) {
        shares.asked(share);
        synchronized (line) {
            if (line.size() == 0) {
                pace.begin(now);
            }
            line.add(call);
            waiting = line.size();
        }
        serve();
        watch();
    }

    /** Leaves the line; false if the call has its permit already. */
    boolean leave(WaitingCall call) {
        synchronized (line) {
            if (!line.remove(call)) {
                return false;
            }
            waiting = line.size();
        }
        return true;
    }

    private void serve() {
        while (true) {
            WaitingCall next;
            int started;
            synchronized (line) {
                if (line.size() == 0) {
                    return;
                }
                started = takeFree();
                if (started == 0) {
                    return;
                }
                next = line.next();
                waiting = line.size();
            }
            if (next != null) {
                if (next.comesFirst()) {
                    first.getAndIncrement();
                }
                next.go(started);
            }
        }
    }

    /** Sees to it that nobody waits for long because of a limit that is not proven. */
    private void watch() {
        if (waiting > 0 && !estimator.limit().isProven() && watched.compareAndSet(false, true)) {
            try {
                var unused = timer.schedule(this::look, HOLD, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException stopping) {
                watched.set(false);
            }
        }
    }

    private void look() {
        watched.set(false);
        if (waiting > 0) {
            var unused = grow(now());
        }
        watch();
    }

    /** A call succeeded, whole; true if it did not wait for others there. */
    boolean succeeded(long now, long nanos, int started) {
        turn(now);
        boolean isQuiet;
        boolean changed;
        synchronized (estimator) {
            isQuiet = started <= estimator.limit().quiet();
            changed = estimator.sample(now, nanos, started);
        }
        if (changed) {
            follow();
        }
        return isQuiet;
    }

    /** A call succeeded that said something before. */
    void streamed(long now, int started) {
        boolean changed;
        synchronized (estimator) {
            changed = estimator.stream(now, started);
        }
        if (changed) {
            follow();
        }
    }

    /** A call that the server had no room or no time for. */
    void dropped(long now, int started) {
        boolean changed;
        synchronized (estimator) {
            changed = estimator.drop(now, started);
        }
        if (changed) {
            follow();
        }
    }

    /** A client gave a call up after so long. */
    void givenUp(long now, long nanos, int started) {
        if (!estimator.isLong(nanos)) {
            return;
        }
        boolean changed;
        synchronized (estimator) {
            changed = estimator.giveUp(now, started);
        }
        if (changed) {
            follow();
        }
    }

    private void follow() {
        Limit limit = estimator.limit();
        permits = limit.permits();
        headroom = limit.headroom();
        if (waiting > 0) {
            serve();
            watch();
        }
    }

    Limit limit() {
        return estimator.limit();
    }

    int permits() {
        return permits;
    }

    int inFlight() {
        return inFlight.get();
    }

    int waiting() {
        return waiting;
    }

    boolean isSaturated() {
        return saturated;
    }
}
