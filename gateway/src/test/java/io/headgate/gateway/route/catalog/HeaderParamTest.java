package io.headgate.gateway.route.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.mcp.RawJson;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderParamTest {
    private final HeaderParam param = new HeaderParam("Mcp-Param-X", List.of("a", "b"));

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '\0',
            value = {
                "\"eu\";eu",
                "42;42",
                "42.0;42",
                "4.2e1;42",
                "1e400;1e400",
                "true;true",
                "\"\\u00fc\";=?base64?w7w=?=",
                "\" x\";=?base64?IHg=?="
            })
    void writesTheArgumentAsTheFieldWantsIt(String argument, String field) {
        assertThat(param.valueIn(RawJson.of("{\"a\":{\"b\":" + argument + "}}")))
                .isEqualTo(field);
    }

    @Test
    void writesNoFieldForWhatIsNotThere() {
        for (String arguments :
                List.of("{}", "{\"a\":{}}", "{\"a\":{\"b\":null}}", "{\"a\":{\"b\":{}}}", "{\"a\":7}")) {
            assertThat(param.valueIn(RawJson.of(arguments))).as(arguments).isNull();
        }
        assertThat(param.valueIn(null)).isNull();
    }
}
