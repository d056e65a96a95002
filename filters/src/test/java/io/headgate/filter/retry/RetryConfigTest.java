package io.headgate.filter.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class RetryConfigTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void repeatsByDefaultOnlyWhatWasNeverSent() {
        RetryConfig config = RetryConfig.DEFAULT;
        assertThat(config.idempotent()).isEmpty();
        assertThat(config.trust()).isEmpty();
        assertThat(config.hedge()).isNull();
        assertThat(config.budget()).isEqualTo(new RetryConfig.Budget(20, 10));
    }

    @Test
    void refusesWhatCannotBe() {
        refused("attempts: 0 (expected: 1 to 10)", () -> config(0, SECOND, SECOND, null));
        refused("backoff: 0s (expected: > 0 and <= 600s)", () -> config(2, Duration.ZERO, SECOND, null));
        refused(
                "maxBackoff: 500ms (expected: >= backoff, which is 1s)",
                () -> config(2, SECOND, Duration.ofMillis(500), null));
        refused(
                "attempts: 1 (expected: >= 2 with hedge)",
                () -> config(1, SECOND, SECOND, new RetryConfig.Hedge(SECOND, null)));
        refused("percent: 101 (expected: 0 to 100)", () -> new RetryConfig.Budget(101, 0));
        refused("perSecond: -1 (expected: 0 to 100000)", () -> new RetryConfig.Budget(0, -1));
        refused("neither of after and percentile (expected: one of them)", () -> new RetryConfig.Hedge(null, null));
        refused("both of after and percentile (expected: one of them)", () -> new RetryConfig.Hedge(SECOND, 95));
        refused("percentile: 100 (expected: 50 to 99)", () -> new RetryConfig.Hedge(null, 100));
    }

    private static void refused(String message, ThrowingCallable making) {
        assertThatThrownBy(making).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    private static RetryConfig config(
            int attempts, Duration backoff, Duration most, RetryConfig.@org.jspecify.annotations.Nullable Hedge hedge) {
        return new RetryConfig(attempts, backoff, most, RetryConfig.Budget.DEFAULT, List.of(), List.of(), hedge);
    }
}
