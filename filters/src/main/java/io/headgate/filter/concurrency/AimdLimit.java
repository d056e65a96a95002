package io.headgate.filter.concurrency;

import com.netflix.concurrency.limits.limit.AIMDLimit;
import java.util.concurrent.TimeUnit;

/**
 * One more after each window that used at least half of it, a tenth less after one with drops: for servers that say
 * themselves when they have no room.
 */
record AimdLimit(Bounds bounds, int permits) implements Limit {
    private static final double BACKOFF = 0.9;

    /** The library counts slow calls as drops; here the timeout filter says what is too slow. */
    private static final long NEVER_SECONDS = TimeUnit.DAYS.toSeconds(365);

    AimdLimit(Bounds bounds) {
        this(bounds, bounds.permits(bounds.initial()));
    }

    @Override
    public double value() {
        return permits;
    }

    @Override
    public int headroom() {
        return 0;
    }

    /** Not one more, because the server would throttle it. */
    @Override
    public int most() {
        return permits;
    }

    @Override
    public int quiet() {
        return Math.max(1, permits / 2);
    }

    /** What is too much says the server, so there is nothing to find out by letting more through. */
    @Override
    public boolean isProven() {
        return true;
    }

    @Override
    public Limit grown() {
        return this;
    }

    @Override
    public boolean isProbing() {
        return false;
    }

    @Override
    public double gradient() {
        return 1;
    }

    @Override
    public double alone() {
        return 0;
    }

    @Override
    public boolean isRefutedBy(double pace, double latency) {
        return false;
    }

    @Override
    public Limit within(Bounds other) {
        return new AimdLimit(other, other.permits(permits));
    }

    @Override
    public Limit after(Window window) {
        AIMDLimit step = AIMDLimit.newBuilder()
                .initialLimit(permits)
                .minLimit(bounds.min())
                .maxLimit(bounds.max())
                .backoffRatio(BACKOFF)
                .timeout(NEVER_SECONDS, TimeUnit.SECONDS)
                .build();
        step.onSample(0, (long) window.latency(), window.peak(), window.drops() > 0);
        return new AimdLimit(bounds, step.getLimit());
    }
}
