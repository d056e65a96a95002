package io.headgate.filter.concurrency;

import io.headgate.filter.NamePattern;
import java.time.Duration;
import java.util.List;

/**
 * How many calls a server gets at a time, and how many may wait.
 *
 * @param min of each limiter: it never lets fewer through
 * @param max of each limiter
 * @param initial where a limiter starts; it binds no sooner than calls are seen to queue at the server
 * @param queue how many calls may wait for one limiter
 * @param maxWait how long a call may wait
 * @param classes tools that are limited together; those that none names are grouped by how long they take
 * @param batch tools that may wait until nobody else does
 */
public record ConcurrencyConfig(
        Algorithm algorithm,
        int min,
        int max,
        int initial,
        int queue,
        Duration maxWait,
        List<CostClassConfig> classes,
        List<NamePattern> batch) {
    private static final int HIGHEST = 100_000;
    private static final int MOST_CLASSES = 16;
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

    public static final ConcurrencyConfig DEFAULT = new ConcurrencyConfig(
            Algorithm.GRADIENT, 4, 10_000, 50, 10_000, Duration.ofSeconds(5), List.of(), List.of());

    public ConcurrencyConfig {
        inRange("min", min, 1, HIGHEST);
        inRange("max", max, min, HIGHEST);
        inRange("initial", initial, min, max);
        inRange("queue", queue, 0, HIGHEST);
        if (maxWait.isNegative() || maxWait.compareTo(LONGEST_WAIT) > 0) {
            throw new IllegalArgumentException("maxWait: " + maxWait.toMillis() + "ms (expected: 0s..60s)");
        }
        inRange("classes", classes.size(), 0, MOST_CLASSES);
        if (classes.stream().map(CostClassConfig::name).distinct().count() != classes.size()) {
            throw new IllegalArgumentException("classes: a name twice (expected: each name once)");
        }
        classes = List.copyOf(classes);
        batch = List.copyOf(batch);
    }

    private static void inRange(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + least + ".." + most + ")");
        }
    }
}
