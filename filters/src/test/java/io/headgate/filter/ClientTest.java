package io.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.mcp.RawJson;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientTest {
    private static final String ALL = "{\"roots\":{\"listChanged\":true},\"sampling\":{\"tools\":{}},"
            + "\"elicitation\":{\"url\":{}},\"tasks\":{},\"extensions\":{\"a/b\":{},\"io.modelcontextprotocol/ui\":{}}}";
    private static final String UI = ",\"extensions\":{\"io.modelcontextprotocol/ui\":{}}";

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '\0',
            value = {
                "2026-07-28;" + ALL + ";" + ALL,
                "2025-11-25;" + ALL + ";{\"roots\":{},\"sampling\":{\"tools\":{}},\"elicitation\":{\"url\":{}}" + UI
                        + "}",
                "2025-06-18;" + ALL + ";{\"roots\":{},\"sampling\":{},\"elicitation\":{}" + UI + "}",
                "2025-03-26;" + ALL + ";{\"roots\":{},\"sampling\":{}" + UI + "}",
                "2025-11-25;{\"roots\":true,\"sampling\":null};{}",
                "2025-11-25;{};{}"
            })
    void offersServersOnlyWhatItsRevisionCanAnswer(String version, String declared, String answerable) {
        Client client = new Client(version, RawJson.of(declared), null, null);
        assertThat(client.answerable()).hasToString(answerable);
        assertThat(client.capabilities()).hasToString(declared);
    }
}
