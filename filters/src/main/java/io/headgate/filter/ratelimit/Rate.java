package io.headgate.filter.ratelimit;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.time.Duration;

/** How many tokens come in a time, as the file writes it: {@code 100/s}, {@code 600/m}, {@code 1000/h}. */
public record Rate(long count, Duration period) {
    /** One token a nanosecond is the finest that the buckets know. */
    private static final long MOST = 1_000_000_000;

    private static final String EXPECTED = " (expected: a rate such as 100/s, 600/m or 1000/h)";

    public Rate {
        if (count < 1 || count > MOST) {
            throw new IllegalArgumentException(count + " (expected: 1 to " + MOST + ")");
        }
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Rate of(String text) {
        int slash = text.indexOf('/');
        Duration period = slash < 0 ? Duration.ZERO : period(text.substring(slash + 1));
        if (period.isZero()) {
            throw new IllegalArgumentException(text + EXPECTED);
        }
        try {
            return new Rate(Long.parseLong(text.substring(0, slash)), period);
        } catch (NumberFormatException noNumber) {
            throw new IllegalArgumentException(text + EXPECTED, noNumber);
        }
    }

    private static Duration period(String unit) {
        return switch (unit) {
            case "s" -> Duration.ofSeconds(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            default -> Duration.ZERO;
        };
    }

    /** How long a number of tokens takes to come. */
    Duration timeFor(long tokens) {
        return Duration.ofNanos((long) Math.ceil((double) tokens * period.toNanos() / count));
    }

    @Override
    public String toString() {
        return count + "/" + (period.toHours() > 0 ? "h" : period.toMinutes() > 0 ? "m" : "s");
    }
}
