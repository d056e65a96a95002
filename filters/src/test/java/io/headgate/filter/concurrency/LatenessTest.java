package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.TestTimer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the gateway itself makes of a latency is not the server's. */
class LatenessTest {
    private static final Bounds BOUNDS = new Bounds(4, 1000, 50);
    private static final int CLIENTS = 256;

    @Test
    void isNothingWhileTheLoopIsOnTime() {
        TestTimer timer = new TestTimer();
        Lateness lateness = new Lateness(timer);
        for (int i = 0; i < 50; i++) {
            assertThat(lateness.ofCalls(timer.now(TimeUnit.NANOSECONDS))).isZero();
            timer.advanceBy(Duration.ofMillis(20));
        }
    }

    /** The loop needs longer for 256 calls than the server for one, so the latency grows with the calls in flight. */
    @Test
    void aSlowGatewayDoesNotLowerTheLimit() {
        SlowGateway gateway = new SlowGateway(new GradientLimit(BOUNDS), 200, /* knowsLateness= */ true);
        gateway.run(4, 5);
        gateway.run(CLIENTS, 30);
        assertThat(gateway.limit().permits()).isGreaterThanOrEqualTo(CLIENTS / 2);
        assertThat(gateway.fewestPermits).isGreaterThanOrEqualTo(50);
    }

    @Test
    void thatIsBecauseItKnowsHowLateItIs() {
        SlowGateway gateway = new SlowGateway(new GradientLimit(BOUNDS), 200, /* knowsLateness= */ false);
        gateway.run(4, 5);
        gateway.run(CLIENTS, 30);
        assertThat(gateway.fewestPermits).isLessThan(50);
    }

    @Test
    void theLoopCostsNoThroughput() {
        SlowGateway unlimited = new SlowGateway(new GradientLimit(new Bounds(1000, 1000, 1000)), 100, true);
        unlimited.run(4, 5);
        unlimited.run(CLIENTS, 20);
        SlowGateway limited = new SlowGateway(new GradientLimit(BOUNDS), 100, true);
        limited.run(4, 5);
        limited.run(CLIENTS, 20);
        assertThat((double) limited.done / unlimited.done).isGreaterThan(0.95);
    }
}
