package io.headgate.filter.breaker;

import io.headgate.filter.Exchange;
import io.headgate.filter.Sender;
import org.jspecify.annotations.Nullable;

/** No call goes to the server until a time; or no call of one sender, and those of the others are judged by themselves. */
final class OpenPhase extends Phase {
    private volatile long end;
    private final int calls;
    private final int failures;

    /** @param before the phase whose calls led to this one; what it counted is what people want to see now */
    OpenPhase(Phase before, @Nullable Sender alone, @Nullable Circuit others, long now) {
        super(before.circuit(), before.slowCalls(), alone, others);
        end = now + before.circuit().config().open().toNanos();
        calls = before.calls(now);
        failures = before.failures(now);
    }

    /** Stays open until then, but not for longer than it would if it opened now. */
    @Override
    void follow(BreakerConfig config, long now) {
        followSlowCalls(config, config.minimumCalls(), now);
        long longest = now + config.open().toNanos();
        if (longest - end < 0) {
            end = longest;
        }
    }

    long remaining(long now) {
        return Math.max(0, end - now);
    }

    @Override
    boolean admits(Exchange exchange, long now) {
        return false;
    }

    @Override
    Verdict answered(Exchange exchange, long start, long now, boolean slow) {
        return Verdict.STAY;
    }

    @Override
    Verdict failed(Exchange exchange, long start, long now, boolean waited) {
        return Verdict.STAY;
    }

    @Override
    Verdict endedOtherwise(Exchange exchange, boolean slow) {
        return Verdict.STAY;
    }

    @Override
    @Nullable
    Sender culprit(long now) {
        return alone();
    }

    @Override
    int calls(long now) {
        return calls;
    }

    @Override
    int failures(long now) {
        return failures;
    }

    @Override
    String state() {
        return "open";
    }

    @Override
    int level() {
        return 2;
    }
}
