package io.headgate.filter.breaker;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A few calls go to the server, to find out whether it is well again.
 *
 * <p>Each that is answered lets another one through, so the ones that the server leaves unanswered, perhaps because it lost
 * them before it was well, do not keep the others out for as long as they last; nor do all of them together, because one more
 * goes through every so often.
 */
final class HalfOpenPhase extends Phase {
    private final BreakerConfig config;
    private final long pause;
    private final AtomicInteger permits;
    private final AtomicLong nextPause;
    private final AtomicInteger good = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger slow = new AtomicInteger();
    private final Answers answers;

    HalfOpenPhase(BreakerConfig config, @Nullable SlowCalls slowCalls, long now) {
        super(slowCalls);
        this.config = config;
        pause = config.open().toNanos();
        permits = new AtomicInteger(config.probes());
        nextPause = new AtomicLong(now + pause);
        answers = new Answers(now);
    }

    @Override
    boolean admits(long now) {
        int free = permits.get();
        while (free > 0) {
            if (permits.compareAndSet(free, free - 1)) {
                return true;
            }
            free = permits.get();
        }
        long next = nextPause.get();
        return now - next >= 0 && nextPause.compareAndSet(next, now + pause);
    }

    @Override
    Verdict answered(long start, long now, boolean isSlow) {
        answers.answered(start);
        if (isSlow) {
            slow.incrementAndGet();
        } else {
            good.incrementAndGet();
            permits.incrementAndGet();
        }
        return verdict();
    }

    @Override
    Verdict failed(long start, long now, boolean waited) {
        if (waited && answers.isOutdated(start)) {
            return Verdict.STAY;
        }
        failed.incrementAndGet();
        return verdict();
    }

    @Override
    Verdict endedOtherwise(boolean isSlow) {
        if (isSlow) {
            slow.incrementAndGet();
            return verdict();
        }
        permits.incrementAndGet();
        return Verdict.STAY;
    }

    /** As soon as the ends of as many probes as the file wants cannot change it any more. */
    private Verdict verdict() {
        int probes = config.probes();
        int failures = failed.get();
        int slowOnes = slow.get();
        if (reaches(config.failureRate(), failures, probes) || reaches(config.slowRate(), slowOnes, probes)) {
            return Verdict.OPEN;
        }
        int left = Math.max(0, probes - good.get() - failures - slowOnes);
        boolean mayOpen = reaches(config.failureRate(), failures + left, probes)
                || reaches(config.slowRate(), slowOnes + left, probes);
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
