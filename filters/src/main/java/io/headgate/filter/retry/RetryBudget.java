package io.headgate.filter.retry;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much may be sent again to one server: a share of its calls, earned call by call, and so many a second.
 *
 * <p>Within any time no more is sent again than {@code percent} of the calls that begin in it, {@code perSecond} for each of
 * its seconds and for one more, and {@value #LENT}. When a server fails after a time in which all was well, the share is the
 * greater one of {@value #LENT} and {@code percent} of the calls since then, rounded down, and nothing on top of that.
 */
final class RetryBudget {
    /*
     * A call earns percent hundredths of a repetition, which are no good before there are a hundred of them. So that calls
     * that fail one by one are sent again, a few repetitions are lent in advance, and the calls that follow pay them back.
     * A server of which more is wanted than that is in trouble: then nothing is lent any more, and what was lent is still to
     * be paid back, which is why the loan does not come on top of the share. The trouble is over when as much as can be lent
     * has been earned and was not needed. It is forfeited then: all that is ever kept is the loan.
     */

    /** How many repetitions are lent at the most. */
    static final int LENT = 3;

    private static final int ONE = 100;
    private static final int ALL_IS_WELL = 0;
    private static final int IN_TROUBLE = 1;

    private volatile Rates rates;

    /** Twice the hundredths that are earned, or owed if less than none, and one more in trouble. */
    private final AtomicInteger share = new AtomicInteger(IN_TROUBLE);

    /** Until when the repetitions of each second are given away. */
    private final AtomicLong given;

    RetryBudget(RetryConfig.Budget config, long now) {
        rates = Rates.of(config);
        given = new AtomicLong(now - rates.kept());
    }

    /** How much is earned, and how fast. */
    private record Rates(int percent, int perSecond, long interval) {
        static Rates of(RetryConfig.Budget config) {
            int perSecond = config.perSecond();
            // Rounded up, so that in no time there is one more.
            long interval = perSecond == 0 ? 0 : -Math.floorDiv(-TimeUnit.SECONDS.toNanos(1), (long) perSecond);
            return new Rates(config.percent(), perSecond, interval);
        }

        /** The time whose repetitions are kept if nobody takes them: one second, so that one call in a quiet time has its own. */
        long kept() {
            return perSecond * interval;
        }

        /** How much of that was not taken until now. */
        long left(long now, long given) {
            return Math.max(0, Math.min(kept(), now - given));
        }
    }

    /**
     * Earns by other rates from now on. What is earned or owed stays, and of those of each second the same part is left; there
     * are none yet if there were none before.
     */
    void follow(RetryConfig.Budget config, long now) {
        Rates before = rates;
        Rates after = Rates.of(config);
        if (after.equals(before)) {
            return;
        }
        given.updateAndGet(old -> {
            long kept = before.kept();
            long left = kept == 0 ? 0 : (long) ((double) before.left(now, old) / kept * after.kept());
            return now - left;
        });
        rates = after;
    }

    /** A call is sent for the first time. */
    void call() {
        int old = share.get();
        // Mostly it is, and then nothing is written that another thread would have to read.
        while (old != ALL_IS_WELL && !share.compareAndSet(old, withOneCall(old))) {
            old = share.get();
        }
    }

    /** Takes one repetition from the budget; false if there is none. */
    boolean repeat(long now) {
        return takeOfThisSecond(now) || takeOfShare();
    }

    /** How many more may be sent again at this moment. */
    long left(long now) {
        Rates present = rates;
        long ofSecond = present.perSecond() == 0 ? 0 : present.left(now, given.get()) / present.interval();
        return ofSecond + left(share.get()) / ONE;
    }

    private int withOneCall(int old) {
        int credit = credit(old) + rates.percent();
        if (isInTrouble(old)) {
            return credit < LENT * ONE ? credit * 2 + IN_TROUBLE : ALL_IS_WELL;
        }
        return Math.min(0, credit) * 2;
    }

    private boolean takeOfShare() {
        while (true) {
            int old = share.get();
            boolean isEnough = left(old) >= ONE;
            int next = isEnough ? old - 2 * ONE : old | IN_TROUBLE;
            if (share.compareAndSet(old, next)) {
                return isEnough;
            }
        }
    }

    private boolean takeOfThisSecond(long now) {
        Rates present = rates;
        if (present.perSecond() == 0) {
            return false;
        }
        while (true) {
            long old = given.get();
            long next = Math.max(old, now - present.kept()) + present.interval();
            if (next > now) {
                return false;
            }
            if (given.compareAndSet(old, next)) {
                return true;
            }
        }
    }

    /** In hundredths. */
    private static int left(int share) {
        return isInTrouble(share) ? Math.max(0, credit(share)) : LENT * ONE + credit(share);
    }

    private static int credit(int share) {
        return share >> 1;
    }

    private static boolean isInTrouble(int share) {
        return (share & IN_TROUBLE) != 0;
    }
}
