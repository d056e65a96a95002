package io.headgate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AwaitTest {
    private static final Duration SHORT = Duration.ofMillis(50);

    @Test
    void looksUntilTheConditionHolds() {
        AtomicInteger looks = new AtomicInteger();
        Await.until("three looks", () -> looks.incrementAndGet() == 3);
        assertThat(looks).hasValue(3);
    }

    @Test
    void failsAtTheLimitWithWhatIsKnownByThen() {
        AtomicInteger looks = new AtomicInteger();
        long start = System.nanoTime();
        assertThatThrownBy(() -> Await.until(SHORT, () -> "looked " + looks.get(), () -> looks.incrementAndGet() < 0))
                .isInstanceOf(AssertionError.class)
                .hasMessage("not within 50 ms: looked " + looks.get());
        assertThat(System.nanoTime() - start).isGreaterThan(SHORT.toNanos());
        assertThat(looks.get()).isGreaterThan(2);
    }

    @Test
    void aConditionThatFailsEndsTheWait() {
        assertThatThrownBy(() -> Await.until("never", () -> {
                    throw new IOException("broken");
                }))
                .isInstanceOf(AssertionError.class)
                .hasRootCauseMessage("broken");
    }

    @Test
    void aFutureThatBringsNothingOrAFailureFails() {
        assertThat(Await.result(SHORT, CompletableFuture.completedFuture("x"))).isEqualTo("x");
        assertThatThrownBy(() -> Await.result(SHORT, new CompletableFuture<String>()))
                .hasMessage("no answer within 50 ms");
        assertThatThrownBy(() -> Await.result(SHORT, CompletableFuture.failedFuture(new IOException("gone"))))
                .hasMessageContaining("gone");
    }
}
