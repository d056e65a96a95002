package io.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class NameTableTest {
    @Test
    void takesTheFirstThatFitsAndStaysRightWhenItIsFull() {
        NameTable<Integer> table = new NameTable<>();
        table.add(NamePattern.of("a*"), 1);
        table.add(NamePattern.of("ab*"), 2);
        table.add(NamePattern.of("b"), 3);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 3_000; i++) {
                assertThat(table.get("ab" + i)).isEqualTo(1);
                assertThat(table.get("c" + i)).isNull();
            }
            assertThat(table.get("b")).isEqualTo(3);
        }
    }
}
