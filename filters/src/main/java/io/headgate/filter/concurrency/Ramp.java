package io.headgate.filter.concurrency;

/**
 * How long calls take with few and with many of them in flight, so that a queue at the server is told from a server that is
 * slow by itself: in a queue twice as many calls take twice as long, and a slow server takes long for all of them.
 *
 * <p>The latest calls are kept by how many were in flight when they started, in steps of two. A server that is given more than
 * it can do passes one step after another, each once, in a second or in a minute; so the last few steps tell a queue whatever
 * its pace.
 */
final class Ramp {
    /** The number in flight of the last step is beyond any limit. */
    private static final int STEPS = 18;

    /** So many steps together tell a slope. */
    private static final int COMPARED = 3;

    /** Of more calls the older ones count less. */
    private static final int MOST = 16;

    /** So many calls tell a queue from chance. */
    private static final int TELLING = 20;

    /** Numbers in flight that differ by less than this part of them say nothing of what they make of the latency. */
    private static final double SPREAD = 0.1;

    /** Asked again with each sample, chance would be taken for a queue too often by fewer. */
    private static final double ERRORS = 5;

    /** In a queue twice as many calls take twice as long; so much more or less is a queue still. */
    private static final double LIKE_A_QUEUE = 0.5;

    /** What is older than so many latencies, and than this, belongs to another time. */
    private static final int OLD = 20;

    private static final double OLD_NANOS = 5e9;

    private final Step[] steps = new Step[STEPS];
    private int top;

    Ramp() {
        for (int i = 0; i < STEPS; i++) {
            steps[i] = new Step();
        }
    }

    void sample(long now, long nanos, int startedInFlight) {
        top = Math.min(STEPS - 1, Integer.SIZE - 1 - Integer.numberOfLeadingZeros(startedInFlight));
        steps[top].add(now, (double) nanos, startedInFlight);
    }

    /** How many calls the server gets done in a nanosecond; those that met a long queue know best. */
    double pace() {
        return steps[top].inFlightSquares / steps[top].product;
    }

    /** How long calls take now. */
    double latency() {
        return steps[top].latency / steps[top].count;
    }

    /** How long they take with the fewest others of which that is known; 0 if it is not known. */
    double shortest(long now) {
        for (Step each : steps) {
            if (each.count > 0 && !isOld(each, now)) {
                return each.latency / each.count;
            }
        }
        return 0;
    }

    /** By the slope of the line through the samples, less five times its error. */
    boolean isQueue(long now) {
        double count = 0;
        double latency = 0;
        double latencySquares = 0;
        double inFlight = 0;
        double inFlightSquares = 0;
        double product = 0;
        for (int i = Math.max(0, top - COMPARED + 1); i <= top; i++) {
            Step each = steps[i];
            if (!isOld(each, now)) {
                count += each.count;
                latency += each.latency;
                latencySquares += each.latencySquares;
                inFlight += each.inFlight;
                inFlightSquares += each.inFlightSquares;
                product += each.product;
            }
        }
        if (count < TELLING) {
            return false;
        }
        double meanInFlight = inFlight / count;
        double meanLatency = latency / count;
        double variance = inFlightSquares / count - meanInFlight * meanInFlight;
        if (variance < Math.pow(SPREAD * meanInFlight, 2)) {
            return false;
        }
        double covariance = product / count - meanInFlight * meanLatency;
        double slope = covariance / variance;
        double rest = latencySquares / count - meanLatency * meanLatency - slope * covariance;
        double error = Math.sqrt(Math.max(0, rest) / (count * variance));
        double perCall = meanLatency / meanInFlight;
        return slope - ERRORS * error > (1 - LIKE_A_QUEUE) * perCall && slope < (1 + LIKE_A_QUEUE) * perCall;
    }

    void forget() {
        for (Step each : steps) {
            each.forget();
        }
    }

    private boolean isOld(Step step, long now) {
        return now - step.lastNanos > Math.max(OLD_NANOS, OLD * latency());
    }

    /** The sums of the latest samples with about so many in flight. */
    private static final class Step {
        private long lastNanos;
        private double count;
        private double latency;
        private double latencySquares;
        private double inFlight;
        private double inFlightSquares;
        private double product;

        void add(long now, double nanos, double started) {
            if (count >= MOST) {
                double kept = (MOST - 1) / count;
                count *= kept;
                latency *= kept;
                latencySquares *= kept;
                inFlight *= kept;
                inFlightSquares *= kept;
                product *= kept;
            }
            lastNanos = now;
            count++;
            latency += nanos;
            latencySquares += nanos * nanos;
            inFlight += started;
            inFlightSquares += started * started;
            product += started * nanos;
        }

        void forget() {
            count = 0;
            latency = 0;
            latencySquares = 0;
            inFlight = 0;
            inFlightSquares = 0;
            product = 0;
        }
    }
}
