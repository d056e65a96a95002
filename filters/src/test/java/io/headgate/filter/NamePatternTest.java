package io.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamePatternTest {
    @ParameterizedTest
    @CsvSource({
        "crm__export, crm__export, true",
        "crm__export, crm__exports, false",
        "crm__*, crm__, true",
        "crm__*, crm_, false",
        "*, '', true",
        "*_delete, a_delete, true",
        "*_delete, a_delete_b, false",
        "a*a, a, false",
        "a*a, aa, true",
        "a*b*c, a1b2c, true",
        "a*b*c, acb, false",
        "*b*b*, abcab, true",
        "*b*b*, abc, false",
        "a.c, abc, false",
    })
    void matches(String pattern, String name, boolean expected) {
        assertThat(NamePattern.of(pattern).matches(name)).isEqualTo(expected);
    }

    @Test
    void agreesWithARegularExpression() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            String pattern = text(random, "ab*", 1 + random.nextInt(6));
            String name = text(random, "ab", random.nextInt(7));
            assertThat(NamePattern.of(pattern).matches(name))
                    .as(pattern + " on " + name)
                    .isEqualTo(Pattern.matches(pattern.replace("*", ".*"), name));
        }
    }

    @Test
    void noPatternTakesLong() {
        String pattern = "*a".repeat(100) + "b";
        for (int i = 0; i < 1_000; i++) {
            assertThat(NamePattern.of(pattern).matches("a".repeat(4_000))).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "crm__*, crm__, true",
        "crm__get, crm__, true",
        "*, crm__, true",
        "*__get, crm__, true",
        "c*, crm__, true",
        "crm__, crm__, false",
        "cmr__*, crm__, false",
        "crm_*, crm__, true",
        "get, crm__, false",
        "get, '', true"
    })
    void tellsWhetherItMayFitNamesOfABeginning(String pattern, String beginning, boolean expected) {
        assertThat(NamePattern.of(pattern).mayFit(beginning)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"^crm__", "crm__get$", "crm__(a|b)", "crm__[ab]*", "crm__.+", "crm__a?", "crm__\\w*", "a{2}"})
    void refusesARegularExpression(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NamePattern.of(text))
                .withMessage(text + " is a regular expression (expected: a name, or one with stars such as crm__*)");
    }

    @Test
    void refusesWhatIsNoName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NamePattern.of(" "))
                .withMessage("' ' (expected: a name, or one with stars such as crm__*)");
    }

    private static String text(Random random, String letters, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString();
    }
}
