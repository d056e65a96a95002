package io.headgate.gateway.upstream.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

class ReturnWatchTest {
    private static final int MANY = 2_000;

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final ReturnWatch returns = new ReturnWatch(time);
    private final AtomicInteger attempts = new AtomicInteger();
    private boolean isThere;

    @AfterEach
    void stop() {
        time.dispose();
    }

    @Test
    void letsOneTryWhileTheServerIsAwayHoweverManyWaitAndHoweverLong() {
        returns.away();
        for (int i = 0; i < MANY; i++) {
            comeBack();
        }
        time.advanceTimeBy(Duration.ofHours(1));
        assertThat(attempts.get()).isBetween(3_600 * 10 / 8, 3_600 * 10 / 4);
        assertThat(returns.waiting()).isEqualTo(MANY);

        isThere = true;
        time.advanceTimeBy(Duration.ofMillis(810));
        assertThat(returns.waiting()).isLessThan(MANY);
    }

    @Test
    void letsTheOthersFollowAtAPace() {
        returns.away();
        for (int i = 0; i < MANY; i++) {
            comeBack();
        }
        AtomicInteger first = new AtomicInteger();
        Disposable unused =
                returns.turn(/* servesMany= */ true).subscribe(none -> {}, failed -> {}, first::incrementAndGet);
        isThere = true;
        returns.answered();
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(first).hasValue(1);
        for (int second = 1; second <= MANY / ReturnWatch.PER_SECOND; second++) {
            time.advanceTimeBy(Duration.ofSeconds(1));
            assertThat(attempts.get())
                    .isBetween(second * ReturnWatch.PER_SECOND - 1, second * ReturnWatch.PER_SECOND + 1);
        }
        assertThat(returns.waiting()).isLessThan(2);
    }

    @Test
    void doesNotLetThemWaitOnceWhatServesManyWorks() {
        Backoff often = new Backoff();
        for (int i = 0; i < 20; i++) {
            often.pauseMillis();
        }
        Disposable waiting = returns.turn(often, /* servesMany= */ false).subscribe();
        assertThat(returns.waiting()).isOne();
        time.advanceTimeBy(Duration.ofMillis(99));
        assertThat(waiting.isDisposed()).isFalse();

        returns.works();
        time.advanceTimeBy(Duration.ofMillis(20));
        assertThat(waiting.isDisposed()).isTrue();
    }

    @Test
    void forgetsThoseWhoGoAway() {
        returns.away();
        Disposable one = returns.turn(/* servesMany= */ false).subscribe();
        Disposable other = returns.turn(new Backoff(), /* servesMany= */ true).subscribe();
        assertThat(returns.waiting()).isEqualTo(2);
        one.dispose();
        other.dispose();
        assertThat(returns.waiting()).isZero();
    }

    /** Tries again and again as one who lost something does, until the server answers. */
    private void comeBack() {
        Disposable unused = Mono.defer(() -> returns.turn(new Backoff(), /* servesMany= */ false))
                .then(Mono.fromCallable(() -> {
                    attempts.incrementAndGet();
                    if (!isThere) {
                        returns.away();
                        throw new IllegalStateException("away");
                    }
                    returns.answered();
                    return true;
                }))
                .retry()
                .subscribe();
    }
}
