package io.headgate.filter.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryBudgetTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @Test
    void isAShareOfTheCallsAndAFewMore() {
        RetryBudget budget = budget(20, 10);
        assertThat(taken(budget, 0)).isEqualTo(10);
        calls(budget, 14);
        assertThat(budget.left(0)).isEqualTo(2);
        assertThat(taken(budget, 0)).isEqualTo(2);
        assertThat(budget.left(0)).isZero();
    }

    @Test
    void earnsNothingForLaterWhileAllIsWell() {
        RetryBudget budget = budget(20, 0);
        calls(budget, 100_000);
        assertThat(budget.left(0)).isEqualTo(RetryBudget.LENT);
        assertThat(taken(budget, 0)).isEqualTo(RetryBudget.LENT);
    }

    /** Of n calls that all fail, from the first or after many good ones: a share of them, and not one more. */
    @ParameterizedTest
    @CsvSource({"20, 0", "20, 15", "20, 100000", "1, 100000", "33, 100000", "50, 100000", "99, 100000", "100, 100000"})
    void costsAnOutageItsShareWhateverWasBefore(int percent, int before) {
        RetryBudget budget = budget(percent, 0);
        calls(budget, before);
        int repeated = 0;
        for (int n = 1; n <= 10_000; n++) {
            budget.call();
            repeated += taken(budget, 0);
            int most = before == 0 ? 0 : RetryBudget.LENT;
            assertThat(repeated).isLessThanOrEqualTo(Math.max(most, n * percent / 100));
        }
        // And not much less either: the call by which all is well is not counted.
        assertThat(repeated).isGreaterThanOrEqualTo(9_999 * percent / 100);
    }

    @Test
    void callsThatFailOneByOneAreRepeatedAgainAndAgain() {
        RetryBudget budget = budget(20, 0);
        calls(budget, 15);
        for (int i = 0; i < 1_000; i++) {
            assertThat(budget.repeat(0)).isTrue();
            calls(budget, 5);
        }
    }

    @Test
    void lendsAgainWhenAsMuchHasBeenEarnedAndWasNotNeeded() {
        RetryBudget budget = budget(20, 0);
        calls(budget, 15);
        assertThat(taken(budget, 0)).isEqualTo(3);
        // 15 calls to pay it back, 14 that earn two.
        calls(budget, 15);
        assertThat(budget.left(0)).isZero();
        calls(budget, 14);
        assertThat(budget.left(0)).isEqualTo(2);
        assertThat(taken(budget, 0)).isEqualTo(2);
        assertThat(budget.repeat(0)).isFalse();
        calls(budget, 14);
        assertThat(taken(budget, 0)).isEqualTo(3);
    }

    @Test
    void afterAQuietTimeThereIsASecondsWorth() {
        RetryBudget budget = budget(0, 4);
        assertThat(taken(budget, SECOND)).isEqualTo(4);
        assertThat(taken(budget, SECOND + SECOND / 4 - 1)).isZero();
        assertThat(taken(budget, SECOND + SECOND / 4)).isEqualTo(1);
        assertThat(taken(budget, 1_000_000 * SECOND)).isEqualTo(4);
        assertThat(budget.left(1_000_000 * SECOND)).isZero();
        assertThat(budget.left(SECOND)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7, 99_999, 100_000})
    void eachSecondHasItsOwnOrAHairLess(int perSecond) {
        RetryBudget budget = new RetryBudget(new RetryConfig.Budget(0, perSecond), -5 * SECOND);
        assertThat(budget.left(-5 * SECOND)).isEqualTo(perSecond);
        assertThat(taken(budget, -5 * SECOND)).isEqualTo(perSecond);
        assertThat(taken(budget, -4 * SECOND)).isBetween(perSecond - 1 - perSecond / 10_000, perSecond);
    }

    @Test
    void canBeNothing() {
        RetryBudget budget = budget(0, 0);
        calls(budget, 1_000);
        assertThat(budget.left(SECOND)).isZero();
        assertThat(budget.repeat(SECOND)).isFalse();
    }

    /**
     * Whatever comes: from any moment to any other no more is sent again than the share of the calls, the seconds' own, one
     * second's more, and what is lent. That is so if it is from the moment at which most was left over.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void neverGivesMoreThanItsShareInAnyTime(long seed) {
        Random random = new Random(seed);
        RetryConfig.Budget config = new RetryConfig.Budget(random.nextInt(101), random.nextInt(20));
        long begin = random.nextLong() / 4;
        long now = begin;
        RetryBudget budget = new RetryBudget(config, now);
        double most = 100.0 * (RetryBudget.LENT + config.perSecond()) + 1e-3;
        double used = 0;
        double least = 0;
        for (int i = 0; i < 50_000; i++) {
            long step = random.nextInt(100) == 0 ? random.nextLong(15 * SECOND) : random.nextLong(SECOND / 50);
            now += step;
            used -= 100.0 * config.perSecond() * step / SECOND;
            least = Math.min(least, used);
            // Calls come in bursts; in some of them all is well, in others everybody wants to repeat all the time.
            boolean isWell = i / 3_000 % 2 == 0;
            if (random.nextInt(3) > 0 && i / 500 % 3 > 0) {
                budget.call();
                used -= config.percent();
                least = Math.min(least, used);
            } else if ((!isWell || random.nextInt(20) == 0) && budget.repeat(now)) {
                used += 100;
                assertThat(used - least).isLessThanOrEqualTo(most);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 4, 2, 0", "4, 2, 2, 1", "4, 8, 0, 8", "0, 5, 0, 0", "5, 0, 0, 0"})
    void aChangeLeavesTheSamePartOfASecond(int before, int after, int taken, int left) {
        RetryBudget budget = budget(0, before);
        for (int i = 0; i < taken; i++) {
            assertThat(budget.repeat(0)).isTrue();
        }
        budget.follow(new RetryConfig.Budget(0, after), 0);
        assertThat(budget.left(0)).isEqualTo(left);
        assertThat(budget.left(SECOND)).isEqualTo(after);
    }

    @Test
    void whatIsOwedIsOwedAfterAChange() {
        RetryBudget budget = budget(20, 0);
        while (budget.repeat(0)) {
            // Until nothing is lent any more.
        }
        budget.follow(new RetryConfig.Budget(50, 0), 0);
        assertThat(budget.repeat(0)).isFalse();
        budget.call();
        assertThat(budget.left(0)).isZero();
    }

    private static RetryBudget budget(int percent, int perSecond) {
        return new RetryBudget(new RetryConfig.Budget(percent, perSecond), 0);
    }

    private static void calls(RetryBudget budget, int count) {
        for (int i = 0; i < count; i++) {
            budget.call();
        }
    }

    private static int taken(RetryBudget budget, long now) {
        int taken = 0;
        while (budget.repeat(now)) {
            taken++;
        }
        return taken;
    }
}
