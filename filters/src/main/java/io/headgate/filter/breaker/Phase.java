package io.headgate.filter.breaker;

import io.headgate.filter.Exchange;
import io.headgate.filter.Sender;
import org.jspecify.annotations.Nullable;

/**
 * What a breaker knows and does from one change of its state to the next: a call that began in one phase says nothing of
 * another one.
 */
abstract sealed class Phase permits ClosedPhase, OpenPhase, HalfOpenPhase {
    /** What the end of a call means for the breaker. */
    enum Verdict {
        STAY,
        OPEN,
        CLOSE
    }

    private final Circuit circuit;
    private volatile @Nullable SlowCalls slowCalls;
    private final @Nullable Sender alone;
    private final @Nullable Circuit others;

    /**
     * @param slowCalls counts how long the calls take that begin in this phase; null if nothing does
     * @param alone the only sender whose calls it judges, or null if it is not about one
     * @param others what judges the calls of the others then
     */
    Phase(Circuit circuit, @Nullable SlowCalls slowCalls, @Nullable Sender alone, @Nullable Circuit others) {
        this.circuit = circuit;
        this.slowCalls = slowCalls;
        this.alone = alone;
        this.others = others;
    }

    final Circuit circuit() {
        return circuit;
    }

    final @Nullable SlowCalls slowCalls() {
        return slowCalls;
    }

    final @Nullable Sender alone() {
        return alone;
    }

    final @Nullable Circuit others() {
        return others;
    }

    /** Goes on with other thresholds, and with what it has counted. */
    abstract void follow(BreakerConfig config, long now);

    /** Counts by another configuration how long the calls take; anew, if it is no longer the same that counts. */
    final void followSlowCalls(BreakerConfig config, int fewest, long now) {
        SlowCalls counted = slowCalls;
        if (counted == null || !counted.follow(config, fewest)) {
            slowCalls = SlowCalls.of(config, fewest, now);
        }
    }

    /** Lets a call through, or not. */
    abstract boolean admits(Exchange exchange, long now);

    /** The server answered a call, slowly or not. */
    abstract Verdict answered(Exchange exchange, long start, long now, boolean slow);

    /** The server failed a call, after its client waited a while, or at once. */
    abstract Verdict failed(Exchange exchange, long start, long now, boolean waited);

    /** A call ended in a way that says nothing of the server. */
    abstract Verdict endedOtherwise(Exchange exchange, boolean slow);

    /** The only sender whose calls failed, if it is to open because they did; null if others' calls failed too. */
    abstract @Nullable Sender culprit(long now);

    /** How many calls ended in it, as far back as the window. */
    abstract int calls(long now);

    /** How many of them failed. */
    abstract int failures(long now);

    /** The name of the state. */
    abstract String state();

    /** The same as a number, for the gauge. */
    abstract int level();
}
