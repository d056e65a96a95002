package io.headgate.gateway.session;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How many calls may wait for a client that is asked by a result to come back with its answers, and how long.
 *
 * @param perCaller calls of one caller; null means 1,000 for callers that a filter identified, and no such limit for
 *     anonymous ones, who cannot be told apart
 * @param time how long a client may think before its call is given up
 * @param bytes what all of them together may hold
 */
public record ParkingConfig(int max, @Nullable Integer perCaller, Duration time, int bytes) {
    public static final ParkingConfig DEFAULT =
            new ParkingConfig(10_000, null, Duration.ofMinutes(10), 64 * 1024 * 1024);

    public ParkingConfig {
        positive("max", max);
        positive("bytes", bytes);
        if (perCaller != null) {
            positive("perCaller", perCaller);
        }
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("time: " + time + " (expected: > 0)");
        }
    }

    private static void positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
        }
    }
}
