package io.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(10)
class NameTableTest {
    @ParameterizedTest
    @CsvSource({
        "report, report, true",
        "report, reports, false",
        "report, repor, false",
        "report_*, report_, true",
        "report_*, report_all, true",
        "report_*, a_report_all, false",
        "*__get_*, weather__get_x, true",
        "*__get_*, get_x, false",
        "*, anything, true",
        "a*b*c, aXbXbXc, true",
        "a*b*c, aXc, false",
        "a**c, ac, true",
        "get.x, getAx, false",
        "Get, get, false"
    })
    void matches(String pattern, String name, boolean fits) {
        assertThat(NamePattern.of(pattern).matches(name)).isEqualTo(fits);
    }

    @Test
    void matchesAsARegularExpressionWould() {
        Random random = new Random(7);
        for (int i = 0; i < 50_000; i++) {
            String pattern = text(random, "ab*", 1 + random.nextInt(7));
            String name = text(random, "ab", random.nextInt(9));
            boolean expected = Pattern.matches(pattern.replace("*", ".*"), name);
            assertThat(NamePattern.of(pattern).matches(name))
                    .as(pattern + " " + name)
                    .isEqualTo(expected);
        }
    }

    @Test
    void noPatternTakesLong() {
        String pattern = "*a".repeat(100) + "b";
        for (int i = 0; i < 1_000; i++) {
            assertThat(NamePattern.of(pattern).matches("a".repeat(4_000))).isFalse();
        }
    }

    @Test
    void refusesWhatIsNoPattern() {
        assertThatThrownBy(() -> NamePattern.check("match", ""))
                .hasMessage("match: a pattern of 0 characters (expected: 1 to 256)");
        assertThatThrownBy(() -> NamePattern.check("match", "x".repeat(257)))
                .hasMessage("match: a pattern of 257 characters (expected: 1 to 256)");
    }

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

    private static String text(Random random, String letters, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString();
    }
}
