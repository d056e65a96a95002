package io.headgate.filter.concurrency;

import java.util.concurrent.TimeUnit;

/**
 * Collects samples into windows and lets the limit follow them; not thread-safe, so that whoever has many threads
 * decides how they meet.
 */
final class Estimator {
    private static final long SHORTEST = TimeUnit.MILLISECONDS.toNanos(200);

    /** A window of calls that take long is longer, or only the short ones of them would be seen. */
    private static final double LATENCIES = 4;

    private static final int PATIENCE = 10;

    /** Who waits for less than this, or than so many times as long as a call takes alone, gives up for reasons of its own. */
    private static final long LONG_WAIT = TimeUnit.SECONDS.toNanos(1);

    private static final int MANY = 4;

    private static final double LONG = TimeUnit.SECONDS.toNanos(5);

    /** After so long without proof it counts as forgotten. */
    private static final long LATELY = TimeUnit.SECONDS.toNanos(10);

    /** What is older belongs to another time. */
    private static final long LONGEST = TimeUnit.MINUTES.toNanos(2);

    private volatile Limit limit;
    private long provenAt;
    private int quiet;
    private long length = SHORTEST;
    private long start;
    private int samples;
    private double latency;
    private double inFlight;
    private int peak;
    private int quietSamples;
    private double quietLatency;
    private double quietSquares;
    private int streams;
    private int drops;
    private int givenUp;
    private final Ramp ramp = new Ramp();

    /** How long a call took, in nanoseconds, in the last window; 0 at first. */
    private volatile double lastLatency;

    /** And how many were in flight then. */
    private volatile double lastInFlight;

    Estimator(Limit limit, long now) {
        this.limit = limit;
        quiet = limit.quiet();
        start = now;
        provenAt = now - LATELY;
    }

    /** Goes on from what was learned elsewhere. */
    Estimator(Estimator former, long now) {
        this(former.limit, now);
        lastLatency = former.lastLatency;
        lastInFlight = former.lastInFlight;
    }

    Limit limit() {
        return limit;
    }

    /** Goes on by another algorithm, or between other bounds. */
    void follow(Algorithm algorithm, Bounds bounds, long now) {
        follow(algorithm.follow(limit, bounds), now);
        forgetQuiet();
    }

    /** True if a client that gives a call up after so long has waited much longer than calls take. */
    boolean isLong(long nanos) {
        double known = lastLatency;
        return known > 0 && nanos > Math.max((double) LONG_WAIT, MANY * limit.alone());
    }

    /** How long a call takes, in nanoseconds, with no more in flight than the limit lets through; 0 if that is not known. */
    double latency() {
        double part = limit.permits() / Math.max(1, lastInFlight);
        return lastLatency * Math.min(1, part);
    }

    /**
     * Lets twice as many through, for want of proof that it is too much; false if there is or lately was proof, or no more may
     * be. A server that is busy looks idle for a moment, and each call of a crowd asks for more then.
     */
    boolean grow(long now) {
        Limit before = limit;
        if (before.isProven() || now - provenAt < LATELY) {
            return false;
        }
        limit = before.grown();
        return limit.permits() > before.permits();
    }

    private void follow(Limit next, long now) {
        limit = next;
        if (next.isProven()) {
            provenAt = now;
        }
    }

    /** A call that succeeded; true if the limit may have changed. */
    boolean sample(long now, long nanos, int startedInFlight) {
        samples++;
        latency += nanos;
        inFlight += startedInFlight;
        peak = Math.max(peak, startedInFlight);
        if (startedInFlight <= quiet) {
            quietSamples++;
            quietLatency += nanos;
            quietSquares += (double) nanos * nanos;
        }
        ramp.sample(now, nanos, startedInFlight);
        if (limit.isRefutedBy(ramp.pace(), ramp.latency()) && ramp.isQueue(now)) {
            follow(limit.after(window(/* wasProbing= */ false, ramp.pace(), ramp.shortest(now))), now);
            ramp.forget();
            remember();
            begin(now);
            forgetQuiet();
            return true;
        }
        return end(now);
    }

    /** A call that succeeded and said something before; true if the limit may have changed. */
    boolean stream(long now, int startedInFlight) {
        streams++;
        peak = Math.max(peak, startedInFlight);
        return end(now);
    }

    /** A call that the server had no room for; true if the limit may have changed. */
    boolean drop(long now, int startedInFlight) {
        drops++;
        peak = Math.max(peak, startedInFlight);
        return end(now);
    }

    /** A client gave a call up that had been in flight for much longer than calls take; true if the limit may have changed. */
    boolean giveUp(long now, int startedInFlight) {
        givenUp++;
        peak = Math.max(peak, startedInFlight);
        return end(now);
    }

    /** What the server had no room for, and what took too long for its client, if most calls do. */
    private int failures() {
        return drops + (givenUp > samples + streams ? givenUp : 0);
    }

    private boolean end(long now) {
        long passed = now - start;
        int events = limit.isProbing() ? quietSamples + failures() : samples + streams + failures();
        // A probe that too few calls can be measured by must not hold up the others.
        boolean isWhole =
                passed >= length && (events >= Window.FEWEST || (limit.isProbing() && passed >= PATIENCE * length));
        if (!isWhole && passed < LONGEST) {
            return false;
        }
        boolean wasProbing = limit.isProbing();
        if (isWhole) {
            next(wasProbing, now);
        }
        begin(now);
        // Those that are on their way still are the long ones: they belong to the short ones that are back.
        if (!wasProbing) {
            forgetQuiet();
        }
        return isWhole;
    }

    private void remember() {
        lastLatency = latency / samples;
        lastInFlight = inFlight / samples;
    }

    private void begin(long now) {
        start = now;
        samples = 0;
        latency = 0;
        inFlight = 0;
        peak = 0;
        streams = 0;
        drops = 0;
        givenUp = 0;
    }

    private void forgetQuiet() {
        quietSamples = 0;
        quietLatency = 0;
        quietSquares = 0;
        quiet = limit.quiet();
    }

    private void next(boolean wasProbing, long now) {
        if (samples > 0) {
            remember();
        }
        if (quietSamples >= Window.FEWEST) {
            length = Math.max(SHORTEST, (long) Math.min(LONG, LATENCIES * quietLatency / quietSamples));
        }
        follow(limit.after(window(wasProbing, 0, 0)), now);
    }

    private Window window(boolean wasProbing, double pace, double shortest) {
        int count = Math.max(1, quietSamples);
        double mean = quietLatency / count;
        return new Window(
                samples,
                samples == 0 ? 0 : latency / samples,
                samples == 0 ? 0 : inFlight / samples,
                peak,
                wasProbing ? 0 : quietSamples,
                mean,
                Math.sqrt(Math.max(0, quietSquares / count - mean * mean) / count),
                streams,
                failures(),
                pace,
                shortest);
    }
}
