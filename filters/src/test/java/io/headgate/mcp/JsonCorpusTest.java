package io.headgate.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The corpus of odd JSON texts, each judged as the table says, by the scanner and by the reference. */
class JsonCorpusTest {
    /** One line of the table. */
    record Case(String name, String verdict, String text) {
        byte[] bytes() {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) == '<') {
                    out.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
                    i += 3;
                } else {
                    out.write(text.charAt(i));
                }
            }
            return out.toByteArray();
        }

        @Override
        public String toString() {
            return name + ": " + verdict;
        }
    }

    static Stream<Case> cases() throws IOException {
        try (InputStream in = JsonCorpusTest.class.getResourceAsStream("json-corpus.txt")) {
            String table = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII);
            return table.lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .map(columns -> new Case(columns[0], columns[1], columns[2]));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isJudgedAsTheTableSays(Case given) {
        assertThat(verdict(given.bytes())).isEqualTo(given.verdict());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isJudgedByTheReferenceAsTheTableSays(Case given) {
        assertThat(referenceVerdict(given.bytes())).isEqualTo(given.verdict());
    }

    @Test
    void theTableIsLargeAndEveryNameIsItsOwn() throws IOException {
        Set<String> names = new HashSet<>();
        assertThat(cases().filter(given -> !names.add(given.name() + given.text())))
                .isEmpty();
        assertThat(names).hasSizeGreaterThan(300);
    }

    private static String verdict(byte[] bytes) {
        try {
            RawJson.read(bytes, JsonLimits.CLIENT);
            return "accept";
        } catch (BadMessage bad) {
            return bad.reason().name();
        }
    }

    private static String referenceVerdict(byte[] bytes) {
        try {
            ReferenceReader.value(bytes, JsonLimits.CLIENT);
            return "accept";
        } catch (ReferenceReader.Rejected rejected) {
            return rejected.reason.name();
        }
    }
}
