package io.headgate.filter.breaker;

/** No call goes to the server until a time. */
final class OpenPhase extends Phase {
    private final long end;
    private final int calls;
    private final int failures;

    /** @param before the phase whose calls led to this one; what it counted is what people want to see now */
    OpenPhase(Phase before, long openNanos, long now) {
        super(before.slowCalls());
        end = now + openNanos;
        calls = before.calls(now);
        failures = before.failures(now);
    }

    long remaining(long now) {
        return Math.max(0, end - now);
    }

    @Override
    boolean admits(long now) {
        return false;
    }

    @Override
    Verdict answered(long start, long now, boolean slow) {
        return Verdict.STAY;
    }

    @Override
    Verdict failed(long start, long now, boolean waited) {
        return Verdict.STAY;
    }

    @Override
    Verdict endedOtherwise(boolean slow) {
        return Verdict.STAY;
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
