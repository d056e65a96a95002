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

    /** Goes on from what another configuration has learnt; a guess of the other algorithm is none of this one. */
    Limit follow(Limit learnt, Bounds bounds) {
        boolean isItsOwn = this == (learnt instanceof GradientLimit ? GRADIENT : AIMD);
        if (isItsOwn) {
            return learnt.within(bounds);
        }
        int initial = learnt.isProven() ? bounds.permits((int) Math.round(learnt.value())) : bounds.initial();
        return start(new Bounds(bounds.min(), bounds.max(), initial));
    }
}
