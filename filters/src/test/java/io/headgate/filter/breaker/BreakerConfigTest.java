package io.headgate.filter.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BreakerConfigTest {
    @Test
    void hasDefaultsThatOnlyFailuresOpen() {
        assertThat(BreakerConfig.DEFAULT.slow()).isNull();
        assertThat(BreakerConfig.DEFAULT.failures())
                .containsExactlyInAnyOrder(FailureKind.TRANSPORT, FailureKind.TIMEOUT, FailureKind.PROTOCOL);
    }

    @Test
    void refusesWhatCannotBe() {
        refused("window: 500ms (expected: 1s to 600s, whole seconds)", ms(500), 20, 50, null, 80, ms(1), 3);
        refused("window: 1500ms (expected: 1s to 600s, whole seconds)", ms(1_500), 20, 50, null, 80, ms(1), 3);
        refused("minimumCalls: 0 (expected: 1 to 1000000)", ms(1_000), 0, 50, null, 80, ms(1), 3);
        refused("failureRate: 101 (expected: 1 to 100)", ms(1_000), 1, 101, null, 80, ms(1), 3);
        refused("slow: 0s (expected: > 0 and <= 3600s)", ms(1_000), 1, 1, ms(0), 80, ms(1), 3);
        refused("slowRate: 0 (expected: 1 to 100)", ms(1_000), 1, 1, null, 0, ms(1), 3);
        refused("open: 3601s (expected: > 0 and <= 3600s)", ms(1_000), 1, 1, null, 1, ms(3_601_000), 3);
        refused("probes: 0 (expected: 1 to 1000)", ms(1_000), 1, 1, null, 1, ms(1), 0);
        assertThatThrownBy(() -> new BreakerConfig(ms(1_000), 1, 1, Set.of(), null, 1, ms(1), 1))
                .hasMessage("failures: none (expected: at least one kind)");
    }

    private static void refused(
            String message,
            Duration window,
            int minimumCalls,
            int failureRate,
            @Nullable Duration slow,
            int slowRate,
            Duration open,
            int probes) {
        assertThatThrownBy(() -> new BreakerConfig(
                        window,
                        minimumCalls,
                        failureRate,
                        BreakerConfig.DEFAULT.failures(),
                        slow,
                        slowRate,
                        open,
                        probes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }
}
