package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.snakeyaml.engine.v2.exceptions.ScannerException;

class CaseYamlTest {
    private static String text(String yaml) {
        return Form.of(CaseYaml.read(yaml)).text("a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "0|0",
                "a|7",
                "b|8",
                "t|9",
                "n|A",
                "v|B",
                "f|C",
                "r|D",
                "e|1B",
                "\"|22",
                "/|2F",
                "\\|5C",
                "N|85",
                "_|A0",
                "L|2028",
                "P|2029",
                "x41|41",
                "u263a|263A",
                "U0001F600|1F600",
            })
    void takesEveryEscapeOfTheSpecification(String escape, String codePoint) {
        String expected = Character.toString(Integer.parseInt(codePoint, 16));
        assertThat(text("a: \"<\\" + escape + ">\"")).isEqualTo("<" + expected + ">");
    }

    @Test
    void takesEscapesOfSpacesAndOfLineEnds() {
        assertThat(text("a: \"\\ b\\\tc\"")).isEqualTo(" b\tc");
        assertThat(text("a: \"b\\\n  c\"")).isEqualTo("bc");
    }

    @Test
    void findsThemBehindCharactersOfAnyWidth() {
        assertThat(text("# \uD83D\uDE00 \u00e9\na: \"\uD83D\uDE00\\L\u00e9\\P\\\\L\""))
                .isEqualTo("\uD83D\uDE00\u2028\u00e9\u2029\\L");
    }

    @Test
    void leavesTheSameLettersAloneWhereTheyAreNoEscapes() {
        assertThat(text("a: b\\L")).isEqualTo("b\\L");
        assertThat(text("a: 'b\\P'")).isEqualTo("b\\P");
        assertThat(text("a: |\n  b\\L\n")).isEqualTo("b\\L\n");
    }

    @Test
    void refusesWhatIsNoEscape() {
        assertThatThrownBy(() -> text("a: \"\\q\"")).isInstanceOf(ScannerException.class);
        assertThatThrownBy(() -> text("a: \"\\xL\"")).isInstanceOf(ScannerException.class);
    }
}
