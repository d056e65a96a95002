package io.headgate.filter.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryBudgetTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @Test
    void isAShareOfTheCallsAndAFewMore() {
        RetryBudget budget = new RetryBudget(new RetryConfig.Budget(20, 1), 0);
        assertThat(taken(budget, 0)).isEqualTo(10);
        for (int i = 0; i < 100; i++) {
            budget.call(SECOND);
        }
        assertThat(taken(budget, SECOND)).isEqualTo(20);
        assertThat(budget.left(2 * SECOND)).isZero();
    }

    @Test
    void forgetsCallsAndRepeatsAfterTenSeconds() {
        RetryBudget budget = new RetryBudget(new RetryConfig.Budget(50, 0), 0);
        for (int i = 0; i < 10; i++) {
            budget.call(0);
        }
        assertThat(budget.left(9 * SECOND)).isEqualTo(5);
        assertThat(budget.left(10 * SECOND)).isZero();
        budget.call(10 * SECOND);
        budget.call(10 * SECOND);
        assertThat(taken(budget, 10 * SECOND)).isEqualTo(1);
        assertThat(budget.left(1_000_000 * SECOND)).isZero();
        assertThat(budget.left(SECOND)).isZero();
    }

    /** Seconds begin at any moment, so ten of them may touch eleven. */
    @Test
    void givesNothingAgainBeforeTenSecondsAreOver() {
        RetryBudget budget = new RetryBudget(new RetryConfig.Budget(0, 1), 0);
        assertThat(taken(budget, SECOND - 1)).isEqualTo(10);
        assertThat(taken(budget, 10 * SECOND)).isZero();
        assertThat(taken(budget, 11 * SECOND - 2)).isZero();
        assertThat(taken(budget, 11 * SECOND)).isEqualTo(10);
    }

    @Test
    void canBeNothing() {
        RetryBudget budget = new RetryBudget(new RetryConfig.Budget(0, 0), -5 * SECOND);
        for (int i = 0; i < 1_000; i++) {
            budget.call(-SECOND);
        }
        assertThat(budget.repeat(0)).isFalse();
    }

    /** Whatever comes: within any ten seconds no more is sent again than the share and the reserve. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void neverGivesMoreThanItsShare(long seed) {
        Random random = new Random(seed);
        RetryConfig.Budget config = new RetryConfig.Budget(random.nextInt(101), random.nextInt(20));
        long now = random.nextLong() / 4;
        RetryBudget budget = new RetryBudget(config, now);
        Deque<Long> called = new ArrayDeque<>();
        Deque<Long> repeated = new ArrayDeque<>();
        long begin = now;
        long calls = 0;
        long repeats = 0;
        for (int i = 0; i < 20_000; i++) {
            now += random.nextInt(100) == 0 ? random.nextLong(15 * SECOND) : random.nextLong(SECOND / 50);
            // Calls come in bursts, and everybody wants to repeat all the time.
            if (random.nextInt(3) > 0 && i / 500 % 2 == 0) {
                budget.call(now);
                called.add(now);
                calls++;
            } else if (budget.repeat(now)) {
                repeated.add(now);
                repeats++;
                assertThat(100L * ofTenSeconds(repeated, now))
                        .isLessThanOrEqualTo(
                                (long) ofTenSeconds(called, now) * config.percent() + 1_000L * config.perSecond());
            }
        }
        long seconds = (now - begin) / SECOND + RetryBudget.SECONDS + 1;
        assertThat(100 * repeats).isLessThanOrEqualTo(calls * config.percent() + 100L * config.perSecond() * seconds);
    }

    private static int ofTenSeconds(Deque<Long> moments, long now) {
        while (!moments.isEmpty() && moments.getFirst() <= now - RetryBudget.SECONDS * SECOND) {
            moments.removeFirst();
        }
        return moments.size();
    }

    private static int taken(RetryBudget budget, long now) {
        int taken = 0;
        while (budget.repeat(now)) {
            taken++;
        }
        return taken;
    }
}
