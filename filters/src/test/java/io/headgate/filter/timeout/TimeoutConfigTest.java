package io.headgate.filter.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimeoutConfigTest {
    @Test
    void hasDefaults() {
        assertThat(TimeoutConfig.of(null, null)).isEqualTo(config(300, 1_800));
    }

    @Test
    void aLongWaitRaisesTheDefaultCap() {
        assertThat(TimeoutConfig.of(Duration.ofSeconds(20))).isEqualTo(config(20, 1_800));
        assertThat(TimeoutConfig.of(Duration.ofHours(1))).isEqualTo(config(3_600, 3_600));
    }

    @Test
    void aShortCapLowersTheDefaultWait() {
        assertThat(TimeoutConfig.of(null, Duration.ofSeconds(5))).isEqualTo(config(5, 5));
    }

    @Test
    void refusesWhatCannotBe() {
        assertRefused(0, 300, "idle: 0s (expected: > 0)");
        assertRefused(-1, 300, "idle: -1s (expected: > 0)");
        assertRefused(60, 0, "cap: 0s (expected: > 0)");
        assertRefused(60, 59, "cap: 59s (expected: >= idle, which is 60s)");
        assertRefused(60, Long.MAX_VALUE / 2, "cap: 4611686018427387903s (expected: <= 31536000s)");
    }

    @Test
    void writesDurationsAsTheFileDoes() {
        assertThat(TimeoutConfig.text(Duration.ofMillis(1500))).isEqualTo("1500ms");
        assertThat(TimeoutConfig.text(Duration.ofMinutes(2))).isEqualTo("120s");
    }

    private static void assertRefused(long idle, long cap, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> config(idle, cap)).withMessage(message);
    }

    private static TimeoutConfig config(long idle, long cap) {
        return new TimeoutConfig(Duration.ofSeconds(idle), Duration.ofSeconds(cap), List.of());
    }
}
