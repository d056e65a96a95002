package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.NamePattern;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CostClassesTest {
    private final CostClasses classes = new CostClasses(
            List.of(new CostClassConfig("exports", List.of(NamePattern.of("*__export"), NamePattern.of("dump")))));

    @Test
    void takesTheFilesWordFirst() {
        Cost cost = new Cost(classes, classes.declared("crm__export"));
        for (int i = 0; i < 10; i++) {
            cost.sample(1);
        }
        assertThat(name(cost)).isEqualTo("exports");
        assertThat(classes.name(classes.declared("other"))).isEqualTo("new");
    }

    @Test
    void learnsTheDecadeAfterAFewCalls() {
        Cost cost = learned(4, Duration.ofMillis(30));
        assertThat(name(cost)).isEqualTo("new");
        assertThat(name(learned(5, Duration.ofNanos(1)))).isEqualTo("10ms");
        assertThat(name(learned(5, Duration.ofMillis(9)))).isEqualTo("10ms");
        assertThat(name(learned(5, Duration.ofMillis(30)))).isEqualTo("100ms");
        assertThat(name(learned(5, Duration.ofMillis(300)))).isEqualTo("1s");
        assertThat(name(learned(5, Duration.ofSeconds(3)))).isEqualTo("10s");
        assertThat(name(learned(5, Duration.ofMinutes(30)))).isEqualTo("minutes");
    }

    @Test
    void staysWhereItIsAtTheEdge() {
        Cost cost = learned(5, Duration.ofMillis(9));
        for (int i = 0; i < 100; i++) {
            cost.sample(Duration.ofMillis(i % 2 == 0 ? 8 : 15).toNanos());
        }
        assertThat(name(cost)).isEqualTo("10ms");
        for (int i = 0; i < 100; i++) {
            cost.sample(Duration.ofMillis(30).toNanos());
        }
        assertThat(name(cost)).isEqualTo("100ms");
        for (int i = 0; i < 100; i++) {
            cost.sample(Duration.ofMillis(7).toNanos());
        }
        assertThat(name(cost)).isEqualTo("100ms");
        for (int i = 0; i < 100; i++) {
            cost.sample(Duration.ofMillis(3).toNanos());
        }
        assertThat(name(cost)).isEqualTo("10ms");
    }

    @Test
    void aFewSlowCallsMoveNothing() {
        Cost cost = learned(50, Duration.ofMillis(3));
        cost.sample(Duration.ofSeconds(2).toNanos());
        assertThat(name(cost)).isEqualTo("10ms");
    }

    private Cost learned(int calls, Duration each) {
        Cost cost = new Cost(classes, classes.unknown());
        for (int i = 0; i < calls; i++) {
            cost.sample(each.toNanos());
        }
        return cost;
    }

    private String name(Cost cost) {
        return classes.name(cost.index());
    }
}
