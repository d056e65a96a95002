package io.headgate.filter.concurrency;

/**
 * Follows the gradient of the latency: what calls take when none of them waits, divided by what they take now.
 *
 * <p>If {@code n} calls are in flight and take twice as long as alone, the server works on {@code n / 2} of them, and the
 * others wait there. So the estimate goes to the calls in flight times the gradient; the square root of it comes on top,
 * without which the server would wait for the gateway and a grown one would never be noticed.
 *
 * <p>As long as no queue was seen the estimate is a guess, which proves nothing: it doubles whenever it is used up. What
 * takes less than {@value #QUICK_MILLIS} ms is no queue, because a wait at the server that short harms no call, and fewer
 * calls in flight would only wait in the gateway instead.
 *
 * <p>What a call takes without waiting is measured where there are few, and if that does not happen by itself, a little
 * fewer calls are let through for a moment; only as many as the root of a first estimate, again and again until that makes
 * no difference. The average counts, not the least, because the least of a tool's latencies says nothing about it.
 *
 * @param base what a call takes without waiting, in nanoseconds; 0 if that is not known yet
 * @param suspect what calls took with few in flight when that was more than the base; 0 if it was not
 * @param isSettled false if fewer in flight were faster the last time: the estimate was too high
 * @param untilProbe after so many windows without a quiet one, one is made
 * @param calm how many windows in a row used all of the estimate, and no call queued at the server
 */
record GradientLimit(
        Bounds bounds,
        double value,
        double base,
        double suspect,
        double gradient,
        boolean isSettled,
        int untilProbe,
        boolean isProbing,
        int calm)
        implements Limit {

    /** So much slower than alone is none: averages of a few samples are not exact, and too low a limit feeds itself. */
    private static final double TOLERANCE = 1.05;

    private static final int QUICK_MILLIS = 10;
    private static final double QUICK = QUICK_MILLIS * 1e6;

    /** A queue is forgotten after so many windows, because one or two may miss it by chance. */
    private static final int CALM = 3;

    /** How fast an estimate grows that is known to be wrong, while nothing waits. */
    private static final double GROWTH = 1.25;

    /** What calls take alone has changed if it differs by more than this; on top of its own uncertainty once it is settled. */
    private static final double CHANGED = 0.25;

    private static final double NOISE = 0.1;

    /** Fewer in flight did not make calls faster than this part of what they took, so it is not that they wait. */
    private static final double SAME = 0.85;

    /** Part of the estimate that is let through to measure; a server that is known well loses next to nothing by it. */
    private static final double PROBE = 0.75;

    /** Of calls that take longer a window is long: fewer than that part, and others would wait for seconds. */
    private static final double SLOW = 0.5e9;

    private static final int SETTLED_WINDOWS = 20;
    private static final int UNSURE_WINDOWS = 6;
    private static final int FIRST_WINDOWS = 2;

    /** A standard error below this part of the average is a good measurement. */
    private static final double SURE = 0.05;

    private static final double BACKOFF = 0.9;
    private static final double SHRINK = 0.97;

    /** An estimate that was never used up may be wrong by any factor; below this part of it no smoothing is needed. */
    private static final double FAR = 0.6;

    GradientLimit(Bounds bounds) {
        this(bounds, bounds.initial(), 0, 0, 1, false, FIRST_WINDOWS, false, CALM);
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
        return bounds.permits((int) (isSettled || base > SLOW ? value * PROBE : Math.sqrt(value)));
    }

    @Override
    public boolean isProven() {
        return calm < CALM;
    }

    @Override
    public Limit grown() {
        return to(2 * value, gradient, untilProbe, false, calm);
    }

    @Override
    public double alone() {
        return Math.max(base, QUICK);
    }

    @Override
    public boolean isRefutedBy(double pace, double latency) {
        // As long as the base is not known, the queue itself tells it.
        boolean isSlow = latency > (1 + CHANGED) * alone();
        return isSlow && !isProbing && working(pace) < FAR * value;
    }

    private double working(double pace) {
        return TOLERANCE * alone() * pace;
    }

    @Override
    public Limit within(Bounds other) {
        return new GradientLimit(
                other, other.value(value), base, suspect, gradient, isSettled, untilProbe, isProbing, calm);
    }

    @Override
    public Limit after(Window window) {
        if (window.pace() > 0) {
            return (base == 0 ? measured(window.shortest(), 0, false, FIRST_WINDOWS) : this).queueing(window);
        }
        GradientLimit next = window.isQuiet() || (base == 0 && window.isFirstQuiet()) ? withBase(window) : this;
        return next.withValue(window);
    }

    private GradientLimit queueing(Window window) {
        return to(working(window.pace()), Math.min(1, alone() / window.latency()), untilProbe, false, 0);
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
        return new GradientLimit(bounds, value, newBase, newSuspect, gradient, settled, windows, isProbing, calm);
    }

    private GradientLimit withValue(Window window) {
        if (window.drops() > 0) {
            boolean wasFull = window.samples() > 0 && window.peak() >= value;
            double busy = wasFull ? Math.min(value, window.inFlight()) : value;
            return to(busy * BACKOFF, gradient, untilProbe, false, 0);
        }
        if (window.isStreaming() && window.peak() >= value && !isProbing) {
            // Nothing says that it is too much.
            return to(value + Math.sqrt(value), gradient, untilProbe, false, calm);
        }
        if (isProbing || window.inFlight() < value || !window.hasLatency()) {
            // Not all of it was used but for moments, so nothing was learned of it.
            return to(isProven() ? value : shrunk(window), gradient, untilProbe, false, calm);
        }
        if (base == 0) {
            // No less than that was seen; it is too much if many wait there, and then more of them take even longer.
            return measured(window.latency(), 0, false, FIRST_WINDOWS).used(window);
        }
        return used(window);
    }

    /** A guess that is not needed any more is forgotten slowly, or the next crowd would meet no limit at all. */
    private double shrunk(Window window) {
        return Math.min(value, Math.max(SHRINK * value, Math.max(bounds.initial(), 2.0 * window.peak())));
    }

    /** After a window in which all of it was used. */
    private GradientLimit used(Window window) {
        double found = Math.min(1, alone() / window.latency());
        if (found * TOLERANCE < 1) {
            boolean probes = untilProbe <= 1;
            double working = followed(window, window.inFlight() * found * TOLERANCE);
            return to(working, found, probes ? FIRST_WINDOWS : Math.max(1, untilProbe - 1), probes, 0);
        }
        int still = Math.min(CALM, calm + 1);
        if (still == CALM) {
            return to(2 * window.inFlight(), found, untilProbe, false, CALM);
        }
        return to(followed(window, window.inFlight() * (isSettled ? 1 : GROWTH)), found, untilProbe, false, still);
    }

    /** Part of the way there, the larger the more calls say so. */
    private double followed(Window window, double target) {
        double part = window.samples() / (window.samples() + (isSettled ? 40.0 : 10.0));
        return value + (target - value) * part;
    }

    private GradientLimit to(double wanted, double found, int windows, boolean probes, int newCalm) {
        return new GradientLimit(
                bounds, bounds.value(wanted), base, suspect, found, isSettled, windows, probes, newCalm);
    }
}
