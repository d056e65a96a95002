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

    private static final int EIGHTH = 8;

    private final int capacity;
    private final long maxWait;
    private final Shares shares = new Shares();
    final ConcurrencyMeters meters;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Estimator estimator;
    private volatile int permits;

    private final WaitingLine line = new WaitingLine();
    private volatile int waiting;
    private long crowdedSince;

    /** True while more come than can be served. */
    private volatile boolean saturated;

    private volatile long countedSince;
    private volatile long refusedAt;
    private final AtomicInteger admitted = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    /** @param former what was learned there holds here, if there is one */
    Limiter(ConcurrencyConfig config, @Nullable Limiter former, ConcurrencyMeters meters, long now) {
        capacity = config.queue();
        maxWait = config.maxWait().toNanos();
        Limit start = former == null
                ? config.algorithm().start(new Bounds(config.min(), config.max(), config.initial()))
                : former.limit();
        estimator = new Estimator(start, former == null ? 0 : former.estimator.latency(), now);
        permits = start.permits();
        this.meters = meters;
        meters.show(this);
    }

    /** Takes a permit; how many calls are in flight then, or 0 if there is none. */
    int take(int share) {
        if (waiting > 0) {
            return 0;
        }
        int started = takeFree();
        if (started > 0) {
            shares.add(share);
            if (saturated) {
                shares.asked(share);
                admitted.getAndIncrement();
            }
        }
        return started;
    }

    private int takeFree() {
        int taken;
        do {
            taken = inFlight.get();
            if (taken >= permits) {
                return 0;
            }
        } while (!inFlight.compareAndSet(taken, taken + 1));
        return taken + 1;
    }

    /** Gives a permit back, and so to the next in line. */
    void giveBack(int share) {
        shares.remove(share);
        inFlight.getAndDecrement();
        if (waiting > 0) {
            serve();
        }
    }

    /** True if a call that came now would find a permit. */
    boolean hasRoom() {
        return waiting == 0 && inFlight.get() < permits;
    }

    /** How long a call that finds no permit may wait for one, in nanoseconds; 0 if it need not try. */
    long patience(int share, long now) {
        Refused reason = whyNot(share, now);
        if (reason != null) {
            meters.count(reason);
            if (saturated) {
                shares.asked(share);
                refused.getAndIncrement();
                refusedAt = now;
            }
            return 0;
        }
        return saturated && !isBelowItsShare(share) ? hurriedWait() : maxWait;
    }

    /** Whether a wait is as long as any. */
    boolean isLong(long patience) {
        return patience >= maxWait;
    }

    private long hurriedWait() {
        return Math.min(maxWait, Math.max(maxWait / HURRY, (long) (ONE_CALL * estimator.latency())));
    }

    private @Nullable Refused whyNot(int share, long now) {
        int ahead = waiting;
        if (ahead >= capacity || maxWait == 0) {
            return Refused.FULL;
        }
        endSaturation(now);
        double perCall = estimator.latency() / permits;
        if (perCall > maxWait) {
            return Refused.LATE;
        }
        // Whoever has less than others is not made to pay for the crowd of theirs.
        long time = saturated ? maxWait / HURRY : maxWait;
        return (ahead + 1) * perCall > time && !isBelowItsShare(share) ? Refused.LATE : null;
    }

    private boolean isBelowItsShare(int share) {
        return shares.isBelow(share, inFlight.get() + waiting) || (saturated && shares.asksForLess(share));
    }

    /** Joins the line; the call goes on as soon as there is a permit, which may be at once. */
    void join(WaitingCall call, int share, long now) {
        shares.add(share);
        if (saturated) {
            shares.asked(share);
        }
        synchronized (line) {
            if (line.size() == 0) {
                crowdedSince = now;
            } else if (!saturated && now - crowdedSince >= maxWait) {
                saturated = true;
                refusedAt = now;
                shares.forget();
                countFrom(now);
            }
            line.add(call);
            waiting = line.size();
        }
        serve();
    }

    /** Leaves the line; false if the call has its permit already. */
    boolean leave(WaitingCall call, int share) {
        synchronized (line) {
            if (!line.remove(call)) {
                return false;
            }
            waiting = line.size();
        }
        shares.remove(share);
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
                if (saturated) {
                    admitted.getAndIncrement();
                }
                next.go(started);
            }
        }
    }

    /** A line that is kept short says nothing of the crowd any more, so those tell that are refused. */
    private void endSaturation(long now) {
        if (!saturated || now - countedSince < 2 * maxWait) {
            return;
        }
        synchronized (shares) {
            if (now - countedSince < 2 * maxWait) {
                return;
            }
            if (EIGHTH * refused.get() < admitted.get() || now - refusedAt >= 2 * maxWait) {
                saturated = false;
            }
            shares.nextStretch(admitted.get());
            countFrom(now);
        }
    }

    private void countFrom(long now) {
        countedSince = now;
        admitted.set(0);
        refused.set(0);
    }

    /** A call succeeded, whole; true if it did not wait for others there. */
    boolean succeeded(long now, long nanos, int started) {
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
        permits = estimator.limit().permits();
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
