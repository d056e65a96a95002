package io.headgate.filter.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatenciesTest {
    @Test
    void knowsNothingByFewCalls() {
        Latencies latencies = new Latencies();
        for (int i = 0; i < 19; i++) {
            latencies.add(1_000_000);
        }
        assertThat(latencies.percentile(95)).isNull();
        latencies.add(1_000_000);
        assertThat(latencies.percentile(95)).isBetween(1_000_000L, 1_250_000L);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void isNeverTooShortAndNotMuchTooLong(long seed) {
        Random random = new Random(seed);
        Latencies latencies = new Latencies();
        long[] all = new long[1_000];
        for (int i = 0; i < all.length; i++) {
            all[i] = (long) Math.exp(10 + 12 * random.nextDouble());
            latencies.add(all[i]);
        }
        Arrays.sort(all);
        for (int percent : new int[] {50, 75, 95, 99}) {
            long exact = all[all.length * percent / 100 - 1];
            assertThat(Objects.requireNonNull(latencies.percentile(percent))).isBetween(exact, exact * 5 / 4 + 1);
        }
    }

    @Test
    void followsWhatChanges() {
        Latencies latencies = new Latencies();
        for (int i = 0; i < 10_000; i++) {
            latencies.add(1_000);
        }
        for (int i = 0; i < 10_000; i++) {
            latencies.add(1_000_000_000);
        }
        assertThat(latencies.percentile(50)).isGreaterThanOrEqualTo(1_000_000_000L);
    }

    @Test
    void takesAnyTime() {
        Latencies latencies = new Latencies();
        for (long nanos : new long[] {-1, 0, 1, 3, 4, 5, Long.MAX_VALUE}) {
            latencies.add(nanos);
        }
        for (int i = 0; i < 20; i++) {
            latencies.add(Long.MAX_VALUE);
        }
        assertThat(latencies.percentile(99)).isEqualTo(Long.MAX_VALUE);
    }
}
