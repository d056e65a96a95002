package io.headgate.gateway.upstream.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoopShareTest {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final LoopShare pace = new LoopShare(0);

    @Test
    void aServerThatSaysLittleIsNeverMadeToWait() {
        for (long now = 0; now < 10_000 * MILLI; now += 10 * MILLI) {
            assertThat(pace.spent(MILLI / 2, now)).isZero();
        }
    }

    @Test
    void aBurstIsForFree() {
        for (int i = 1; i <= 50; i++) {
            assertThat(pace.spent(MILLI, i * MILLI)).isZero();
        }
    }

    /** As fast as it may, for ten seconds. */
    @Test
    void aFloodTakesATenthOfTheTime() {
        long now = 0;
        long spent = 0;
        while (now < 10_000 * MILLI) {
            now += 2 * MILLI;
            spent += 2 * MILLI;
            now += pace.spent(2 * MILLI, now);
        }
        assertThat(spent).isBetween(900 * MILLI, 1_100 * MILLI);
    }

    @Test
    void aMachineThatStoodStillIsNotTheServersFault() {
        assertThat(pace.spent(10_000 * MILLI, 10_000 * MILLI)).isBetween(4_000 * MILLI, 5_000 * MILLI);
    }

    @Test
    void theLargestMessageIsCountedWhole() {
        assertThat(pace.spent(400 * MILLI, 400 * MILLI)).isEqualTo(3_500 * MILLI);
    }
}
