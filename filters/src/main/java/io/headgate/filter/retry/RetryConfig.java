package io.headgate.filter.retry;

import io.headgate.filter.NamePattern;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is sent again, how often and when.
 *
 * @param attempts how often a call is sent at the most, the first time included
 * @param backoff the longest pause before the second attempt; it doubles with each
 * @param maxBackoff the longest pause of all, also of those that a server asks for
 * @param budget how much may be sent again
 * @param idempotent the names of tools that do no harm twice, as clients of the whole fleet write them
 * @param trust the servers that are believed when they say so themselves
 * @param hedge when a second attempt is made beside the first; null for never
 */
public record RetryConfig(
        int attempts,
        Duration backoff,
        Duration maxBackoff,
        Budget budget,
        List<NamePattern> idempotent,
        List<String> trust,
        @Nullable Hedge hedge) {
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final int MOST_NAMES = 1_000;

    public static final RetryConfig DEFAULT = new RetryConfig(
            3, Duration.ofMillis(50), Duration.ofSeconds(2), Budget.DEFAULT, List.of(), List.of(), null);

    public RetryConfig {
        if (attempts < 1 || attempts > 10) {
            throw new IllegalArgumentException("attempts: " + attempts + " (expected: 1 to 10)");
        }
        inRange("backoff", backoff);
        inRange("maxBackoff", maxBackoff);
        if (maxBackoff.compareTo(backoff) < 0) {
            throw new IllegalArgumentException(
                    "maxBackoff: " + text(maxBackoff) + " (expected: >= backoff, which is " + text(backoff) + ")");
        }
        few("idempotent", idempotent);
        few("trust", trust);
        if (hedge != null && attempts < 2) {
            throw new IllegalArgumentException("attempts: " + attempts + " (expected: >= 2 with hedge)");
        }
        idempotent = List.copyOf(idempotent);
        trust = List.copyOf(trust);
    }

    /**
     * How much may be sent again to one server.
     *
     * @param percent of its calls, as they come
     * @param perSecond and so many each second besides, of which one second's are kept
     */
    public record Budget(int percent, int perSecond) {
        public static final Budget DEFAULT = new Budget(20, 10);

        public Budget {
            if (percent < 0 || percent > 100) {
                throw new IllegalArgumentException("percent: " + percent + " (expected: 0 to 100)");
            }
            if (perSecond < 0 || perSecond > 100_000) {
                throw new IllegalArgumentException("perSecond: " + perSecond + " (expected: 0 to 100000)");
            }
        }
    }

    /**
     * When a call is slow enough for a second attempt beside the first; one of the two is set.
     *
     * @param after after so long
     * @param percentile after so long as so many percent of the last calls of its server took
     */
    public record Hedge(@Nullable Duration after, @Nullable Integer percentile) {
        public Hedge {
            if ((after == null) == (percentile == null)) {
                throw new IllegalArgumentException(
                        (after == null ? "neither" : "both") + " of after and percentile (expected: one of them)");
            }
            if (after != null) {
                inRange("after", after);
            }
            if (percentile != null && (percentile < 50 || percentile > 99)) {
                throw new IllegalArgumentException("percentile: " + percentile + " (expected: 50 to 99)");
            }
        }
    }

    private static void few(String name, List<?> names) {
        if (names.size() > MOST_NAMES) {
            throw new IllegalArgumentException(name + ": " + names.size() + " (expected: <= " + MOST_NAMES + ")");
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
