package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Events;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClockWatchTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<String> told = new ArrayList<>();
    private Instant wall = Instant.parse("2026-11-21T12:00:00Z");
    private long nanos = Long.MAX_VALUE - 1_000_000;

    /** How long it takes from one reading to the next. */
    private Duration reading = Duration.ZERO;

    private final ClockWatch watch = watch();

    private ClockWatch watch() {
        Events events = new Events();
        events.listen(new Events.Listener() {
            @Override
            public void happened(String name, Map<String, String> facts) {
                told.add(name + facts);
            }

            @Override
            public void refused(String name, @Nullable InetAddress from) {}
        });
        return new ClockWatch(() -> wall, this::readNanos, meters, events);
    }

    private long readNanos() {
        nanos += reading.toNanos();
        return nanos;
    }

    private void pass(Duration time) {
        wall = wall.plus(time);
        nanos += time.toNanos();
    }

    @Test
    void aClockThatIsSetIsAJumpOnce() {
        pass(Duration.ofSeconds(1));
        watch.look();
        wall = wall.minus(Duration.ofHours(1));
        pass(Duration.ofSeconds(1));
        watch.look();
        pass(Duration.ofSeconds(1));
        watch.look();
        wall = wall.plus(Duration.ofHours(2));
        watch.look();
        assertThat(told).containsExactly("sys_clock_jump{by_ms=-3600000}", "sys_clock_jump{by_ms=7200000}");
        assertThat(meters.get("headgate.clock.jump").counter().count()).isEqualTo(2);
    }

    @Test
    void timeThatPassesIsNoJump() {
        for (int i = 0; i < 100; i++) {
            pass(Duration.ofMillis(37L * i * i));
            wall = wall.plusMillis(i % 2 == 0 ? 400 : -400);
            watch.look();
        }
        assertThat(told).isEmpty();
    }

    @Test
    void aThreadThatStoodStillBetweenTheClocksKnowsNothing() {
        reading = Duration.ofSeconds(3);
        watch.look();
        reading = Duration.ZERO;
        // As much as the two readings took.
        wall = wall.plusSeconds(6);
        pass(Duration.ofSeconds(3));
        watch.look();
        assertThat(told).isEmpty();
    }
}
