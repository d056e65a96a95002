package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.filter.NamePattern;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ConcurrencyConfigTest {
    private static final List<NamePattern> TOOLS = List.of(NamePattern.of("*"));

    @Test
    void refusesWhatCannotBe() {
        assertRefused(() -> config(0, 10, 5, 0), "min: 0 (expected: 1..100000)");
        assertRefused(() -> config(4, 3, 4, 0), "max: 3 (expected: 4..100000)");
        assertRefused(() -> config(4, 10, 11, 0), "initial: 11 (expected: 4..10)");
        assertRefused(() -> config(4, 10, 4, -1), "queue: -1 (expected: 0..100000)");
        assertRefused(
                () -> new ConcurrencyConfig(
                        Algorithm.GRADIENT, 1, 9, 1, 0, Duration.ofMillis(60_001), List.of(), List.of()),
                "maxWait: 60001ms (expected: 0s..60s)");
    }

    @Test
    void refusesClassesThatCannotBe() {
        assertRefused(
                () -> classes(List.of(new CostClassConfig("a", TOOLS), new CostClassConfig("a", TOOLS))),
                "classes: a name twice (expected: each name once)");
        assertRefused(
                () -> classes(Collections.nCopies(17, new CostClassConfig("a", TOOLS))),
                "classes: 17 (expected: 0..16)");
        assertRefused(() -> new CostClassConfig("a", List.of()), "tools: none (expected: at least one pattern)");
        assertRefused(
                () -> new CostClassConfig("10ms", TOOLS),
                "name: 10ms (expected: up to 32 characters, and none of new, 10ms, 100ms, 1s, 10s, minutes)");
    }

    private static void assertRefused(Supplier<Object> maker, String message) {
        assertThatIllegalArgumentException().isThrownBy(maker::get).withMessage(message);
    }

    private static Object config(int min, int max, int initial, int queue) {
        return new ConcurrencyConfig(Algorithm.GRADIENT, min, max, initial, queue, Duration.ZERO, List.of(), List.of());
    }

    private static Object classes(List<CostClassConfig> classes) {
        return new ConcurrencyConfig(Algorithm.GRADIENT, 1, 9, 1, 0, Duration.ZERO, classes, List.of());
    }
}
