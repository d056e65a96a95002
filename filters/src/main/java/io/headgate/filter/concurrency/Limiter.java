package io.headgate.filter.concurrency;

import io.headgate.filter.concurrency.ConcurrencyMeters.Refused;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The permits for the calls of one server and cost class, and the line before them.
 *
 * <p>A permit is taken and given back by counting, without a lock. The line has one, held for as long as it takes to
 * look at its ends; so has the estimator. Whoever joins the line looks for a free permit afterwards, and whoever frees
 * one looks at the line afterwards, so that nobody waits beside a free permit.
 */
final class Limiter {
    /** While more come than can be served, a call that waits is soon overtaken, so it waits this part of the time only. */
    private static final int HURRY = 32;

    /** But a quarter longer than a call takes, by when one has ended: nobody should be let in to wait for nothing. */
    private static final double ONE_CALL = 1.25;

    /** A crowd is over when nobody was refused for so many times as long as a call may wait. */
    private static final int WAITS = 2;

    private final int capacity;
    private final long maxWait;
    private final Shares shares;
    final ConcurrencyMeters meters;
    private final AtomicInteger inFlight = new AtomicInteger();

    /** Those in flight that came first, because their callers are not the crowd. */
    private final AtomicInteger first = new AtomicInteger();

    private final Estimator estimator;
    private volatile int permits;
    private volatile int headroom;

    private final WaitingLine line = new WaitingLine();
    private volatile int waiting;
    private long crowdedSince;

    /** True while more come than can be served. */
    private volatile boolean saturated;

    private volatile long refusedAt;

    /** @param former what was learned there holds here, if there is one */
    Limiter(ConcurrencyConfig config, @Nullable Limiter former, ConcurrencyMeters meters, long now) {
        capacity = config.queue();
        maxWait = config.maxWait().toNanos();
        shares = new Shares(now);
        Limit start = former == null
                ? config.algorithm().start(new Bounds(config.min(), config.max(), config.initial()))
                : former.limit();
        estimator = new Estimator(start, former == null ? 0 : former.estimator.latency(), now);
        permits = start.permits();
        headroom = start.headroom();
        this.meters = meters;
        meters.show(this);
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

    /** How long a call that finds no permit may wait for one, in nanoseconds; 0 if it need not try. */
    long patience(int share, boolean isBelow, long now) {
        turn(now);
        Refused reason = whyNot(isBelow);
        if (reason != null) {
            shares.asked(share);
            refuse(reason, now);
            return 0;
        }
        return saturated && !isBelow ? hurriedWait() : maxWait;
    }

    /** A line that is kept short says nothing of the crowd any more, so those tell that are refused. */
    private void turn(long now) {
        boolean fewRefused = shares.turn(now, inFlight.get() + waiting);
        if (saturated && (fewRefused || now - refusedAt >= WAITS * maxWait)) {
            saturated = false;
        }
    }

    /** A call that came is refused. */
    void refuse(Refused reason, long now) {
        meters.count(reason);
        shares.refused();
        refusedAt = now;
    }

    /** Whether a wait is as long as any. */
    boolean isLong(long patience) {
        return patience >= maxWait;
    }

    private long hurriedWait() {
        return Math.min(maxWait, Math.max(maxWait / HURRY, (long) (ONE_CALL * estimator.latency())));
    }

    private @Nullable Refused whyNot(boolean isBelow) {
        int ahead = waiting;
        if (ahead >= capacity || maxWait == 0) {
            return Refused.FULL;
        }
        double perCall = estimator.latency() / permits;
        if (perCall > maxWait) {
            return Refused.LATE;
        }
        // Whoever has less than others is not made to pay for the crowd of theirs.
        long time = saturated ? maxWait / HURRY : maxWait;
        return (ahead + 1) * perCall > time && !isBelow ? Refused.LATE : null;
    }

    /** Joins the line; the call goes on as soon as there is a permit, which may be at once. */
    void join(WaitingCall call, int share, long now) {
        shares.asked(share);
        synchronized (line) {
            if (line.size() == 0) {
                crowdedSince = now;
            } else if (!saturated && now - crowdedSince >= maxWait) {
                saturated = true;
                refusedAt = now;
            }
            line.add(call);
            waiting = line.size();
        }
        serve();
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
                next = line.next(saturated);
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

    private void follow() {
        Limit limit = estimator.limit();
        permits = limit.permits();
        headroom = limit.headroom();
        if (waiting > 0) {
            serve();
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
