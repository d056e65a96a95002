package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The page says what passes between the SDKs. That it does is what {@link InteropTableTest} finds.
 *
 * <p>{@code -Dheadgate.table.write=true} writes the table into the page.
 */
class InteropPageTest {
    private static final Path PAGE = Path.of("PROTOCOL.md");
    private static final String BEGIN = "<!-- The interop table: written by InteropPageTest. -->\n";
    private static final String END = "<!-- The end of the interop table. -->\n";

    @Test
    void hasTheTable() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        assertThat(page.indexOf(BEGIN)).isPositive();
        assertThat(end).isGreaterThanOrEqualTo(begin);
        String table = "\n" + InteropTable.page() + "\n";
        if (Boolean.getBoolean("headgate.table.write")) {
            Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(end));
            return;
        }
        assertThat(page.substring(begin, end))
                .as("-Dheadgate.table.write=true writes the table")
                .isEqualTo(table);
    }
}
