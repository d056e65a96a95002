package io.headgate.filter.concurrency;

/**
 * What was measured of one limiter's calls in a stretch of time.
 *
 * <p>The latency and the calls in flight of a sample belong together, because the latter are counted when the call
 * starts: their quotient is what the server got done.
 *
 * @param samples how many calls succeeded in one piece
 * @param latency how long they took on average, without what the gateway itself made of it
 * @param inFlight how many were in flight when they started, themselves included, on average
 * @param peak the most that were
 * @param quietSamples how many of them started with few others in flight
 * @param quietLatency how long those took on average
 * @param quietError how far that average may be from the true one: the standard error of the mean
 * @param streams how many calls succeeded with something said before: nobody knows how long those take
 * @param drops how many calls the server had no room for, or did not answer in time, for the timeout or for most clients
 * @param pace how many calls the server gets done in a nanosecond, if the window ended early because they queue there; 0
 *     if it did not
 * @param shortest how long calls took then with the fewest others in flight; 0 if that is not known
 */
record Window(
        int samples,
        double latency,
        double inFlight,
        int peak,
        int quietSamples,
        double quietLatency,
        double quietError,
        int streams,
        int drops,
        double pace,
        double shortest) {
    /** Fewer say nothing. */
    static final int FEWEST = 10;

    boolean hasLatency() {
        return samples >= FEWEST;
    }

    /** True if calls succeeded and none of them can be measured. */
    boolean isStreaming() {
        return samples < FEWEST && streams >= FEWEST;
    }

    boolean isQuiet() {
        return quietSamples >= FEWEST;
    }

    /** True if quiet calls say at least something, for want of anything better. */
    boolean isFirstQuiet() {
        return quietSamples >= FEWEST / 2;
    }
}
