package io.headgate.filter.breaker;

import io.headgate.filter.Exchange;
import io.headgate.filter.Sender;
import org.jspecify.annotations.Nullable;

/** All calls go to the server. */
final class ClosedPhase extends Phase {
    private volatile RecentEnds ends;
    private final FailedSenders senders = new FailedSenders();
    private volatile int rate;

    ClosedPhase(Circuit circuit, long now) {
        super(circuit, SlowCalls.of(circuit.config(), circuit.config().minimumCalls(), now), null, null);
        ends = new RecentEnds(circuit.config(), now);
        rate = circuit.config().failureRate();
    }

    @Override
    void follow(BreakerConfig config, long now) {
        followSlowCalls(config, config.minimumCalls(), now);
        ends = ends.following(config, now);
        rate = config.failureRate();
    }

    @Override
    boolean admits(Exchange exchange, long now) {
        return true;
    }

    @Override
    Verdict answered(Exchange exchange, long start, long now, boolean slow) {
        // That it is slow is seen by SlowCalls, sooner.
        ends.answered(start, now);
        return Verdict.STAY;
    }

    @Override
    Verdict failed(Exchange exchange, long start, long now, boolean waited) {
        senders.failed(Sender.of(exchange));
        return ends.failed(start, now, waited) ? Verdict.OPEN : Verdict.STAY;
    }

    @Override
    Verdict endedOtherwise(Exchange exchange, boolean slow) {
        return Verdict.STAY;
    }

    @Override
    @Nullable
    Sender culprit(long now) {
        int failures = ends.failures(now);
        return Culprits.culprit(senders.latest(failures), failures, ends.calls(now), rate);
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
