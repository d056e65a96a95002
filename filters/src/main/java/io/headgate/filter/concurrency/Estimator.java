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

    /** So many calls tell a queue at the server from chance. */
    private static final int TELLING = 20;

    /** Numbers in flight that differ by less than this part of them say nothing of what they make of the latency. */
    private static final double SPREAD = 0.1;

    /** Asked again with each sample, chance would be taken for a queue too often by fewer. */
    private static final double ERRORS = 5;

    /** In a queue twice as many calls take twice as long; so much more or less is a queue still. */
    private static final double LIKE_A_QUEUE = 0.5;

    private static final double LONG = TimeUnit.SECONDS.toNanos(5);

    /** What is older belongs to another time. */
    private static final long LONGEST = TimeUnit.MINUTES.toNanos(2);

    private volatile Limit limit;
    private int quiet;
    private long length = SHORTEST;
    private long start;
    private int samples;
    private double latency;
    private double latencySquares;
    private double inFlight;
    private double inFlightSquares;
    private double inFlightLatency;
    private int peak;
    private int quietSamples;
    private double quietLatency;
    private double quietSquares;
    private int streams;
    private int drops;

    /** How long a call took, in nanoseconds, in the last window; 0 at first. */
    private volatile double lastLatency;

    /** And how many were in flight then. */
    private volatile double lastInFlight;

    Estimator(Limit limit, long now) {
        this.limit = limit;
        quiet = limit.quiet();
        start = now;
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

    /** How long a call takes, in nanoseconds, with no more in flight than the limit lets through; 0 if that is not known. */
    double latency() {
        double part = limit.permits() / Math.max(1, lastInFlight);
        return lastLatency * Math.min(1, part);
    }

    /** Lets twice as many through, for want of proof that it is too much; false if there is proof, or no more may be. */
    boolean grow() {
        Limit before = limit;
        if (before.isProven()) {
            return false;
        }
        limit = before.grown();
        return limit.permits() > before.permits();
    }

    /** A call that succeeded; true if the limit may have changed. */
    boolean sample(long now, long nanos, int startedInFlight) {
        samples++;
        latency += nanos;
        latencySquares += (double) nanos * nanos;
        inFlight += startedInFlight;
        inFlightSquares += (double) startedInFlight * startedInFlight;
        inFlightLatency += (double) startedInFlight * nanos;
        peak = Math.max(peak, startedInFlight);
        if (startedInFlight <= quiet) {
            quietSamples++;
            quietLatency += nanos;
            quietSquares += (double) nanos * nanos;
        }
        if (samples >= TELLING && limit.isRefutedBy(pace(), latency / samples) && isQueueing()) {
            limit = limit.after(window(/* wasProbing= */ false, pace()));
            remember();
            begin(now);
            forgetQuiet();
            return true;
        }
        return end(now);
    }

    /** How many calls the server gets done in a nanosecond; those that met a long queue know best. */
    private double pace() {
        return inFlightSquares / inFlightLatency;
    }

    /**
     * True if calls take longer the more of them are in flight, in proportion: a server that is slow by itself takes long
     * for all of them. By the slope of the line through the samples, less five times its error.
     */
    private boolean isQueueing() {
        double meanInFlight = inFlight / samples;
        double meanLatency = latency / samples;
        double variance = inFlightSquares / samples - meanInFlight * meanInFlight;
        if (variance < Math.pow(SPREAD * meanInFlight, 2)) {
            return false;
        }
        double covariance = inFlightLatency / samples - meanInFlight * meanLatency;
        double slope = covariance / variance;
        double rest = latencySquares / samples - meanLatency * meanLatency - slope * covariance;
        double error = Math.sqrt(Math.max(0, rest) / (samples * variance));
        double perCall = meanLatency / meanInFlight;
        return slope - ERRORS * error > (1 - LIKE_A_QUEUE) * perCall && slope < (1 + LIKE_A_QUEUE) * perCall;
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

    private boolean end(long now) {
        long passed = now - start;
        int events = limit.isProbing() ? quietSamples + drops : samples + streams + drops;
        // A probe that too few calls can be measured by must not hold up the others.
        boolean isWhole =
                passed >= length && (events >= Window.FEWEST || (limit.isProbing() && passed >= PATIENCE * length));
        if (!isWhole && passed < LONGEST) {
            return false;
        }
        boolean wasProbing = limit.isProbing();
        if (isWhole) {
            next(wasProbing);
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
        latencySquares = 0;
        inFlight = 0;
        inFlightSquares = 0;
        inFlightLatency = 0;
        peak = 0;
        streams = 0;
        drops = 0;
    }

    private void forgetQuiet() {
        quietSamples = 0;
        quietLatency = 0;
        quietSquares = 0;
        quiet = limit.quiet();
    }

    private void next(boolean wasProbing) {
        if (samples > 0) {
            remember();
        }
        if (quietSamples >= Window.FEWEST) {
            length = Math.max(SHORTEST, (long) Math.min(LONG, LATENCIES * quietLatency / quietSamples));
        }
        limit = limit.after(window(wasProbing, 0));
    }

    private Window window(boolean wasProbing, double pace) {
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
                drops,
                pace);
    }
}
