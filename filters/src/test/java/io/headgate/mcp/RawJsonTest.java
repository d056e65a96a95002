package io.headgate.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RawJsonTest {
    private static final long SEED = Long.getLong("headgate.seed", new SplittableRandom().nextLong());

    @Test
    void readsScalarsThatFillTheirArray() throws Exception {
        assertThat(read("7").longOr(0)).isEqualTo(7);
        assertThat(read("-12").longOr(0)).isEqualTo(-12);
        assertThat(read("\"x\"").string()).isEqualTo("x");
        assertThat(read("\"\"").string()).isEmpty();
        assertThat(read("null").isNull()).isTrue();
        assertThat(read("true").isTrue()).isTrue();
        assertThat(read("\"\\u00e9\"").string()).isEqualTo("\u00e9");
    }

    @Test
    void whiteSpaceAroundAValueIsNotPartOfIt() throws Exception {
        assertThat(read(" \n7\t ")).hasToString("7");
        assertThat(RawJson.of(" {} \n")).isEqualTo(RawJson.EMPTY_OBJECT);
        assertThat(RawJson.of("5\n").longOr(0)).isEqualTo(5);
    }

    @Test
    void longsAreExactOrTheFallback() {
        assertThat(RawJson.of("9223372036854775807").longOr(0)).isEqualTo(Long.MAX_VALUE);
        assertThat(RawJson.of("-9223372036854775808").longOr(0)).isEqualTo(Long.MIN_VALUE);
        assertThat(RawJson.of("9223372036854775808").longOr(-1)).isEqualTo(-1);
        assertThat(RawJson.of("999999999999999999").longOr(0)).isEqualTo(999_999_999_999_999_999L);
        assertThat(RawJson.of("1.0").longOr(-1)).isEqualTo(-1);
        assertThat(RawJson.of("1e3").longOr(-1)).isEqualTo(-1);
        assertThat(RawJson.of("\"1\"").longOr(-1)).isEqualTo(-1);
    }

    @Test
    void looksUpWhatTheReferenceFinds() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            RandomJson random = new RandomJson(SEED + i);
            String text = random.space() + random.object(4) + random.space();
            assertSame(read(text), ReferenceReader.value(text.getBytes(StandardCharsets.UTF_8)), text);
        }
    }

    private static void assertSame(RawJson json, Object tree, String about) {
        if (tree instanceof Map<?, ?> map) {
            Map<String, RawJson> members = new LinkedHashMap<>();
            json.forEachMember(members::put);
            assertThat(new ArrayList<>(members.keySet()))
                    .as("seed %s: %s", SEED, about)
                    .isEqualTo(new ArrayList<>(map.keySet()));
            members.forEach((name, value) -> {
                assertThat(json.get(name)).as("seed %s: %s", SEED, about).isEqualTo(value);
                assertSame(value, Objects.requireNonNull(map.get(name)), about);
            });
            assertThat(json.get("absent")).isNull();
        } else if (tree instanceof List<?> list) {
            List<RawJson> elements = json.elements();
            assertThat(elements).as("seed %s: %s", SEED, about).hasSameSizeAs(list);
            for (int i = 0; i < list.size(); i++) {
                assertSame(elements.get(i), list.get(i), about);
            }
        } else if (tree instanceof String text) {
            assertThat(json.string()).as("seed %s: %s", SEED, about).isEqualTo(text);
        } else if (tree instanceof ReferenceReader.Figure number) {
            assertThat(json).as("seed %s: %s", SEED, about).hasToString(number.text());
        }
    }

    @Test
    void keysAreFoundHoweverTheyAreSpelled() {
        RawJson json = RawJson.of("{\"n\\u0061me\":1,\"a\\\\b\":2,\"\u00e9\":3,\"longer\":4}");
        assertThat(json.get("name")).hasToString("1");
        assertThat(json.get("a\\b")).hasToString("2");
        assertThat(json.get("a\\\\b")).isNull();
        assertThat(json.get("n\\u0061me")).isNull();
        assertThat(json.get("\u00e9")).hasToString("3");
        assertThat(json.get("long")).isNull();
        assertThat(json.getString("longer")).isNull();
    }

    @Test
    void otherKindsOfValueHaveNoMembers() {
        assertThat(RawJson.of("[1]").get("a")).isNull();
        assertThat(RawJson.of("{}").elements()).isEmpty();
        RawJson.of("\"a\"").forEachMember((name, value) -> {
            throw new AssertionError(name);
        });
    }

    @Test
    void quotedTextReadsBackAsItself() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            RandomJson random = new RandomJson(SEED + i);
            StringBuilder text = new StringBuilder();
            for (int length = random.below(30); length > 0; length--) {
                text.appendCodePoint(random.below(3) == 0 ? random.below(0x80) : 0xE000 + random.below(0x3000));
            }
            assertThat(read(JsonStrings.quote(text.toString())).string()).isEqualTo(text.toString());
        }
        assertThat(JsonStrings.quote("\ud800x\udc00\ud83d\ude00")).isEqualTo("\"\\ufffdx\\ufffd\ud83d\ude00\"");
    }

    private static RawJson read(String text) throws BadMessage {
        return RawJson.read(text.getBytes(StandardCharsets.UTF_8), JsonLimits.CLIENT);
    }

    @Test
    void leavesAMemberOut() {
        RawJson json = RawJson.of("{ \"a\": [1] ,\"b\" : \"x\\\"y\", \"c\":{}}");
        assertThat(json.without("b")).hasToString("{ \"a\": [1] ,\"c\":{}}");
        assertThat(json.without("a")).hasToString("{ \"b\" : \"x\\\"y\", \"c\":{}}");
        assertThat(json.without("c").without("b").without("a")).hasToString("{}");
        assertThat(json.without("d")).isSameAs(json);
    }
}
