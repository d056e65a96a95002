package io.headgate.filter.breaker;

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

    private final @Nullable SlowCalls slowCalls;

    /** @param slowCalls counts how long the calls take that begin in this phase; null if nothing does */
    Phase(@Nullable SlowCalls slowCalls) {
        this.slowCalls = slowCalls;
    }

    final @Nullable SlowCalls slowCalls() {
        return slowCalls;
    }

    /** Lets a call through, or not. */
    abstract boolean admits(long now);

    /** The server answered a call, slowly or not. */
    abstract Verdict answered(long start, long now, boolean slow);

    /** The server failed a call, after its client waited a while, or at once. */
    abstract Verdict failed(long start, long now, boolean waited);

    /** A call ended in a way that says nothing of the server. */
    abstract Verdict endedOtherwise(boolean slow);

    /** How many calls ended in it, as far back as the window. */
    abstract int calls(long now);

    /** How many of them failed. */
    abstract int failures(long now);

    /** The name of the state. */
    abstract String state();

    /** The same as a number, for the gauge. */
    abstract int level();
}
