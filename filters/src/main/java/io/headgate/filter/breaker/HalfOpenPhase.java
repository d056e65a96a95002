package io.headgate.filter.breaker;

import io.headgate.filter.Exchange;
import io.headgate.filter.Sender;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A few calls go to the server, to find out whether it is well again.
 *
 * <p>Each that is answered lets another one through, so the ones that the server leaves unanswered, perhaps because it lost
 * them before it was well, do not keep the others out for as long as they last; nor do all of them together, because one more
 * goes through every so often. Where it is about all senders, one of them has one probe that fails, and no more: what the others
 * learn must not be that one's doing.
 */
final class HalfOpenPhase extends Phase {
    private volatile BreakerConfig config;
    private final AtomicInteger permits;
    private final AtomicLong nextPause;
    private final AtomicInteger good = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger slow = new AtomicInteger();
    private final Unanswered answers;
    /** Those whose probes did not end well, as many as there are probes at most. */
    private final Set<Sender> unlucky = ConcurrentHashMap.newKeySet();

    HalfOpenPhase(Circuit circuit, OpenPhase open, long now) {
        super(circuit, SlowCalls.of(circuit.config(), circuit.config().probes(), now), open.alone(), open.others());
        config = circuit.config();
        permits = new AtomicInteger(config.probes());
        nextPause = new AtomicLong(now + pause());
        answers = new Unanswered(now);
    }

    @Override
    synchronized void follow(BreakerConfig changed, long now) {
        followSlowCalls(changed, changed.probes(), now);
        int more = changed.probes() - config.probes();
        config = changed;
        permits.addAndGet(more);
    }

    private long pause() {
        return config.open().toNanos();
    }

    @Override
    boolean admits(Exchange exchange, long now) {
        boolean hadIts = !unlucky.isEmpty() && unlucky.contains(Sender.of(exchange));
        int free = hadIts ? 0 : permits.get();
        while (free > 0) {
            if (permits.compareAndSet(free, free - 1)) {
                return true;
            }
            free = permits.get();
        }
        long next = nextPause.get();
        return now - next >= 0 && nextPause.compareAndSet(next, now + pause());
    }

    @Override
    Verdict answered(Exchange exchange, long start, long now, boolean isSlow) {
        answers.answered(start);
        if (isSlow) {
            return isItsFirst(exchange) ? bad(slow) : another();
        }
        good.incrementAndGet();
        permits.incrementAndGet();
        return verdict();
    }

    @Override
    Verdict failed(Exchange exchange, long start, long now, boolean waited) {
        if (waited && answers.isOutdated(start)) {
            return Verdict.STAY;
        }
        return isItsFirst(exchange) ? bad(failed) : another();
    }

    @Override
    Verdict endedOtherwise(Exchange exchange, boolean isSlow) {
        return isSlow && isItsFirst(exchange) ? bad(slow) : another();
    }

    private Verdict bad(AtomicInteger count) {
        count.incrementAndGet();
        return verdict();
    }

    private Verdict another() {
        permits.incrementAndGet();
        return Verdict.STAY;
    }

    private boolean isItsFirst(Exchange exchange) {
        return alone() != null || unlucky.add(Sender.of(exchange));
    }

    @Override
    @Nullable
    Sender culprit(long now) {
        return alone();
    }

    /** As soon as the ends of as many probes as the file wants cannot change it any more. */
    private Verdict verdict() {
        BreakerConfig present = config;
        int probes = present.probes();
        int failures = failed.get();
        int slowOnes = slow.get();
        if (reaches(present.failureRate(), failures, probes) || reaches(present.slowRate(), slowOnes, probes)) {
            return Verdict.OPEN;
        }
        int left = Math.max(0, probes - good.get() - failures - slowOnes);
        boolean mayOpen = reaches(present.failureRate(), failures + left, probes)
                || reaches(present.slowRate(), slowOnes + left, probes);
        return mayOpen ? Verdict.STAY : Verdict.CLOSE;
    }

    private static boolean reaches(int rate, int some, int all) {
        return some > 0 && 100L * some >= (long) rate * all;
    }

    @Override
    int calls(long now) {
        return good.get() + failed.get() + slow.get();
    }

    @Override
    int failures(long now) {
        return failed.get();
    }

    @Override
    String state() {
        return "half_open";
    }

    @Override
    int level() {
        return 1;
    }
}
