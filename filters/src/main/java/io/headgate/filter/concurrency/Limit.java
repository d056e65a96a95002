package io.headgate.filter.concurrency;

/**
 * How many calls a server can work on at a time, as far as is known: a value, from which each window of samples makes
 * the next one.
 */
interface Limit {
    /** The estimate. */
    double value();

    /** How many calls may be in flight: the estimate, the headroom over it, and the bounds of the file. */
    int permits();

    /** How many of the permits are headroom. */
    int headroom();

    /** How many calls may be in flight if those beyond the permits are of callers who are not the crowd. */
    int most();

    /** A call that starts with no more in flight than this, itself included, is taken not to wait for others. */
    int quiet();

    /**
     * True if calls were seen to queue at the server with about so many in flight. A limit that is not proven refuses no
     * call.
     */
    boolean isProven();

    /** Twice as much, for want of proof that it is too much. */
    Limit grown();

    /** True while fewer calls are let through, to learn how long they take when none waits. */
    boolean isProbing();

    /** How long a call takes without waiting divided by how long it takes now; 1 if that is not known or of no interest. */
    double gradient();

    /** What a call may take in nanoseconds, and does not count as waiting. */
    double alone();

    /**
     * True if the estimate is far above what a server can work on that gets so many calls done in a nanosecond, each of
     * which takes that long.
     */
    boolean isRefutedBy(double pace, double latency);

    Limit after(Window window);

    /** The same estimate between other bounds. */
    Limit within(Bounds other);
}
