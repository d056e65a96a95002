package io.headgate.filter.concurrency;

/**
 * Follows the gradient of the latency: what calls take when none of them waits, divided by what they take now.
 *
 * <p>If {@code n} calls are in flight and take twice as long as alone, the server works on {@code n / 2} of them, and the
 * others wait there. So the estimate goes to the calls in flight times the gradient; the square root of it comes on top,
 * without which the server would wait for the gateway and a grown one would never be noticed.
 *
 * <p>What a call takes without waiting is measured where there are few, and if that does not happen by itself, a little
 * fewer calls are let through for a moment; only as many as the root of a first estimate, again and again until that makes
 * no difference. The average counts, not the least, because the least of a tool's latencies says nothing about it.
 *
 * @param base what a call takes without waiting, in nanoseconds; 0 if that is not known yet
 * @param suspect what calls took with few in flight when that was more than the base; 0 if it was not
 * @param isSettled false if fewer in flight were faster the last time: the estimate was too high
 * @param untilProbe after so many windows without a quiet one, one is made
 */
record GradientLimit(
        Bounds bounds,
        double value,
        double base,
        double suspect,
        double gradient,
        boolean isSettled,
        int untilProbe,
        boolean isProbing)
        implements Limit {

    /** So much slower than alone is none: averages of a few samples are not exact, and too low a limit feeds itself. */
    private static final double TOLERANCE = 1.05;

    /** How fast an estimate grows that is known to be wrong, while nothing waits. */
    private static final double GROWTH = 1.25;

    /** What calls take alone has changed if it differs by more than this; on top of its own uncertainty once it is settled. */
    private static final double CHANGED = 0.25;

    private static final double NOISE = 0.1;

    /** Fewer in flight did not make calls faster than this part of what they took, so it is not that they wait. */
    private static final double SAME = 0.85;

    /** Part of the estimate that is let through to measure; a server that is known well loses next to nothing by it. */
    private static final double PROBE = 0.75;

    private static final int SETTLED_WINDOWS = 20;
    private static final int UNSURE_WINDOWS = 6;
    private static final int FIRST_WINDOWS = 2;

    /** A standard error below this part of the average is a good measurement. */
    private static final double SURE = 0.05;

    private static final double BACKOFF = 0.9;

    /** An estimate that was never used up may be wrong by any factor; below this part of it no smoothing is needed. */
    private static final double FAR = 0.6;

    GradientLimit(Bounds bounds) {
        this(bounds, bounds.initial(), 0, 0, 1, false, FIRST_WINDOWS, false);
    }

    @Override
    public int permits() {
        return isProbing ? quiet() : bounds.permits((int) Math.ceil(value + Math.sqrt(value)));
    }

    @Override
    public int headroom() {
        return Math.max(0, permits() - (int) Math.ceil(value));
    }

    @Override
    public int most() {
        return bounds.max();
    }

    @Override
    public int quiet() {
        return Math.max(1, (int) (isSettled ? value * PROBE : Math.sqrt(value)));
    }

    @Override
    public boolean isRefutedBy(double pace, double latency) {
        boolean isSlow = base > 0 && latency > (1 + CHANGED) * base;
        return isSlow && !isProbing && working(pace) < FAR * value;
    }

    private double working(double pace) {
        return TOLERANCE * base * pace;
    }

    @Override
    public Limit after(Window window) {
        if (window.pace() > 0) {
            return to(working(window.pace()), Math.min(1, base / window.latency()), untilProbe, false);
        }
        GradientLimit next = window.isQuiet() ? withBase(window) : this;
        return next.withValue(window);
    }

    private GradientLimit withBase(Window window) {
        double quiet = window.quietLatency();
        double change = quiet / base - 1;
        double noise = isSettled ? NOISE + 2 * window.quietError() / base : CHANGED;
        if (base == 0 || change < -noise) {
            return measured(quiet, 0, false, FIRST_WINDOWS);
        }
        if (change > noise) {
            // Slower, or too many still: fewer will tell, and a base that is too low lets fewer through.
            return suspect > 0 && quiet > SAME * suspect
                    ? measured(quiet, 0, false, FIRST_WINDOWS)
                    : measured(base, quiet, false, FIRST_WINDOWS);
        }
        double weight = window.quietSamples() / (window.quietSamples() + (isSettled ? 50.0 : 10.0));
        boolean isSure = window.quietError() < SURE * base;
        return measured(base + weight * (quiet - base), 0, true, isSure ? SETTLED_WINDOWS : UNSURE_WINDOWS);
    }

    private GradientLimit measured(double newBase, double newSuspect, boolean settled, int windows) {
        return new GradientLimit(bounds, value, newBase, newSuspect, gradient, settled, windows, isProbing);
    }

    private GradientLimit withValue(Window window) {
        if (window.drops() > 0) {
            boolean wasFull = window.samples() > 0 && window.peak() >= value;
            double busy = wasFull ? Math.min(value, window.inFlight()) : value;
            return to(busy * BACKOFF, gradient, untilProbe, false);
        }
        if (window.isStreaming() && window.peak() >= value && !isProbing) {
            // Nothing says that it is too much.
            return to(value + Math.sqrt(value), gradient, untilProbe, false);
        }
        if (isProbing || window.inFlight() < value || !window.hasLatency()) {
            // Not all of it was used but for moments, so nothing was learned of it.
            return to(value, gradient, untilProbe, false);
        }
        if (base == 0) {
            return to(value, gradient, FIRST_WINDOWS, true);
        }
        double found = Math.min(1, base / window.latency());
        double target = window.inFlight() * (found * TOLERANCE < 1 ? TOLERANCE * found : isSettled ? 1 : GROWTH);
        boolean probes = untilProbe <= 1;
        return to(
                value + (target - value) * window.samples() / (window.samples() + (isSettled ? 40.0 : 10.0)),
                found,
                probes ? FIRST_WINDOWS : untilProbe - 1,
                probes);
    }

    private GradientLimit to(double wanted, double found, int windows, boolean probes) {
        double bounded = Math.max(1, Math.min(bounds.max(), wanted));
        return new GradientLimit(bounds, bounded, base, suspect, found, isSettled, windows, probes);
    }
}
