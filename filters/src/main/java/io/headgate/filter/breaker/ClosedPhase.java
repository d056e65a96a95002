package io.headgate.filter.breaker;

import org.jspecify.annotations.Nullable;

/** All calls go to the server. */
final class ClosedPhase extends Phase {
    private final RecentEnds ends;

    ClosedPhase(BreakerConfig config, @Nullable SlowCalls slowCalls, long now) {
        super(slowCalls);
        ends = new RecentEnds(config, now);
    }

    @Override
    boolean admits(long now) {
        return true;
    }

    @Override
    Verdict answered(long start, long now, boolean slow) {
        // That it is slow is seen by SlowCalls, sooner.
        ends.answered(start, now);
        return Verdict.STAY;
    }

    @Override
    Verdict failed(long start, long now, boolean waited) {
        return ends.failed(start, now, waited) ? Verdict.OPEN : Verdict.STAY;
    }

    @Override
    Verdict endedOtherwise(boolean slow) {
        return Verdict.STAY;
    }

    @Override
    int calls(long now) {
        return ends.calls(now);
    }

    @Override
    int failures(long now) {
        return ends.failures(now);
    }

    @Override
    String state() {
        return "closed";
    }

    @Override
    int level() {
        return 0;
    }
}
