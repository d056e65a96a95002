package io.headgate.filter.concurrency;

/** How a limit follows what is measured. */
public enum Algorithm {
    /** By the latency: for servers that queue what they cannot do yet. */
    GRADIENT,
    /** By refusals and timeouts: for servers that say when they have no room. */
    AIMD;

    Limit start(Bounds bounds) {
        return this == GRADIENT ? new GradientLimit(bounds) : new AimdLimit(bounds);
    }
}
