package io.headgate.filter.breaker;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When a server is not called any more, and when again.
 *
 * @param window how far back calls count, in whole seconds
 * @param minimumCalls how many calls must have ended in the window before it is judged by their share
 * @param failureRate how many percent of them may not fail
 * @param failures what counts as failed
 * @param slow how long a call may take before it counts as slow, in flight or not; null if none does
 * @param slowRate how many percent of them may not be slow
 * @param open how long nothing is sent; short, because the server may be well before it is over
 * @param probes how many calls are let through then, to find out
 */
public record BreakerConfig(
        Duration window,
        int minimumCalls,
        int failureRate,
        Set<FailureKind> failures,
        @Nullable Duration slow,
        int slowRate,
        Duration open,
        int probes) {
    private static final Duration LONGEST_WINDOW = Duration.ofMinutes(10);
    private static final Duration LONGEST = Duration.ofHours(1);

    public static final BreakerConfig DEFAULT = new BreakerConfig(
            Duration.ofSeconds(10),
            20,
            50,
            Set.of(FailureKind.TRANSPORT, FailureKind.TIMEOUT, FailureKind.PROTOCOL),
            null,
            80,
            Duration.ofSeconds(1),
            3);

    public BreakerConfig {
        if (window.compareTo(Duration.ofSeconds(1)) < 0
                || window.compareTo(LONGEST_WINDOW) > 0
                || window.toNanos() % Duration.ofSeconds(1).toNanos() != 0) {
            throw new IllegalArgumentException(
                    "window: " + text(window) + " (expected: 1s to " + text(LONGEST_WINDOW) + ", whole seconds)");
        }
        inRange("minimumCalls", minimumCalls, 1, 1_000_000);
        inRange("failureRate", failureRate, 1, 100);
        if (failures.isEmpty()) {
            throw new IllegalArgumentException("failures: none (expected: at least one kind)");
        }
        if (slow != null) {
            inRange("slow", slow);
        }
        inRange("slowRate", slowRate, 1, 100);
        inRange("open", open);
        inRange("probes", probes, 1, 1_000);
        failures = Set.copyOf(failures);
    }

    private static void inRange(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + least + " to " + most + ")");
        }
    }

    private static void inRange(String name, Duration value) {
        if (value.isZero() || value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    name + ": " + text(value) + " (expected: > 0 and <= " + text(LONGEST) + ")");
        }
    }

    private static String text(Duration duration) {
        return duration.toMillisPart() == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }
}
