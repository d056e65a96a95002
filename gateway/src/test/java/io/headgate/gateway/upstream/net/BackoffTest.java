package io.headgate.gateway.upstream.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BackoffTest {
    private final Backoff attempts = new Backoff();

    @Test
    void waitsLongerAndLongerAndNeverTheSame() {
        long most = 1_000;
        long longest = 0;
        for (int i = 0; i < 200; i++) {
            long pause = attempts.pauseMillis();
            assertThat(pause).isBetween(100L, most);
            longest = Math.max(longest, pause);
            most = Math.min(60_000, 2 * most);
        }
        assertThat(longest).isGreaterThan(30_000);
    }

    @Test
    void comesWhenTheServerSaysButDoesNotFloodIt() {
        attempts.begins();
        assertThat(attempts.pauseMillis(0)).isEqualTo(100);
        long all = 0;
        for (int i = 0; i < 100; i++) {
            attempts.begins();
            long pause = attempts.pauseMillis(0);
            assertThat(pause).isBetween(100L, 5_000L);
            all += pause;
        }
        assertThat(all).isGreaterThan(100_000);
        attempts.begins();
        assertThat(attempts.pauseMillis(3_000)).isEqualTo(3_000);
        assertThat(attempts.pauseMillis(99_999_999)).isEqualTo(60_000);
    }

    @Test
    void beginsAnewWithAServerThatWasAway() {
        for (int i = 0; i < 10; i++) {
            attempts.pauseMillis();
        }
        attempts.forget();
        assertThat(attempts.pauseMillis()).isBetween(100L, 1_000L);
    }
}
