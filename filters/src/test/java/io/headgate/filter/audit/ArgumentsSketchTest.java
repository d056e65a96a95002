package io.headgate.filter.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Secret;
import io.headgate.filter.Secrets;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ArgumentsSketchTest {
    private static final String HASH = "hmac-sha256:2026-11:[0-9a-f]{32}";

    @TempDir
    private Path data = Path.of("target");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Counter redactions = meters.counter("redactions");
    private final Counter truncations = meters.counter("truncations");

    @Test
    void keepsKeysAndKindsAndNoValue() {
        JsonNode args = sketch(
                "{\"city\": \"Bern\", \"days\":3, \"where\":{\"lat\":46.9,\"exact\":true}, \"tags\":[\"Bern\", null]}",
                Set.of());

        JsonNode redacted = args.path("redacted");
        assertThat(redacted.propertyNames()).containsExactly("city", "days", "where", "tags");
        assertThat(redacted.path("city").path("type").stringValue()).isEqualTo("string");
        assertThat(redacted.path("city").path("len").intValue()).isEqualTo(4);
        assertThat(redacted.path("city").path("redacted").stringValue()).matches(HASH);
        assertThat(redacted.path("days").path("type").stringValue()).isEqualTo("number");
        assertThat(redacted.path("where").path("exact").path("type").stringValue())
                .isEqualTo("boolean");
        assertThat(redacted.path("tags").path(0)).isEqualTo(redacted.path("city"));
        assertThat(redacted.path("tags").path(1).path("type").stringValue()).isEqualTo("null");
        assertThat(args.path("sha256").stringValue()).matches(HASH);
        assertThat(args.path("len").intValue()).isEqualTo(84);
        assertThat(args.toString()).doesNotContain("Bern", "46.9");
        assertThat(redactions.count()).isEqualTo(6);
        assertThat(truncations.count()).isZero();
    }

    @Test
    void keepsTheValuesThatTheFileAllowsAndThatAreNoSecrets() {
        JsonNode redacted = sketch(
                        "{\"city\":\"B\\u00e4rn\",\"where\":{\"lat\":46.9,\"lon\":7.4},\"tags\":[\"a\",\"Bearer 123456\"],"
                                + "\"password\":\"p\",\"note\":\"held-by-us\"}",
                        Set.of("city", "where.lat", "tags", "password", "note"))
                .path("redacted");

        assertThat(redacted.path("city").stringValue()).isEqualTo("Bärn");
        assertThat(redacted.path("where").path("lat").doubleValue()).isEqualTo(46.9);
        assertThat(redacted.path("where").path("lon").path("type").stringValue())
                .isEqualTo("number");
        assertThat(redacted.path("tags").path(0).stringValue()).isEqualTo("a");
        assertThat(redacted.path("tags").path(1).path("redacted").stringValue()).matches(HASH);
        assertThat(redacted.path("password").path("redacted").stringValue()).matches(HASH);
        assertThat(redacted.path("note").path("redacted").stringValue()).matches(HASH);
        assertThat(redactions.count()).isEqualTo(4);
    }

    @Test
    void secretsInKeysAreNotKeys() {
        JsonNode redacted =
                sketch("{\"held-by-us\":1,\"a\":{\"held-by-us\":2}}", Set.of()).path("redacted");
        assertThat(redacted.toString()).doesNotContain("held-by-us");
        assertThat(redacted.size()).isEqualTo(2);
    }

    @Test
    void aLongValueIsCutAndHasTheFingerprintOfAll() {
        String one = "{\"blob\":\"" + "x".repeat(3 * 1024 * 1024) + "\",\"after\":1}";
        JsonNode args = sketch(one, Set.of("blob"));

        assertThat(args.path("len").intValue()).isEqualTo(one.length());
        assertThat(args.path("truncated").booleanValue()).isTrue();
        assertThat(args.path("redacted").path("blob").path("type").stringValue())
                .isEqualTo("string");
        assertThat(args.path("redacted").has("after")).isFalse();
        assertThat(args.path("sha256")).isNotEqualTo(sketch(one + " ", Set.of()).path("other"));
        assertThat(truncations.count()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"[1,2,", "{\"k\":[{\"a\":\"\\\"\\\\\"},", "[\"x\",", "[[[[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]]],"})
    void manyValuesStayWithinARecord(String begin) {
        StringBuilder items = new StringBuilder();
        while (items.length() < 20_000) {
            items.append("7,\"abcdefgh\",");
        }
        String close = begin.startsWith("{") ? "0]}" : "0]";
        JsonBytes out = new JsonBytes(16);
        JsonNode args = write(out, "{\"all\":" + begin + items + close + "}", Set.of("all"));

        assertThat(out.length()).isLessThan(11 * 1024);
        assertThat(args.path("truncated").booleanValue()).isTrue();
    }

    @Test
    void anEmptyObjectIsOne() {
        assertThat(sketch("{ }", Set.of()).path("redacted").isEmpty()).isTrue();
    }

    private JsonNode sketch(String arguments, Set<String> kept) {
        return write(new JsonBytes(16), arguments, kept);
    }

    private JsonNode write(JsonBytes out, String arguments, Set<String> kept) {
        InstantSource clock = InstantSource.fixed(Instant.parse("2026-11-21T10:00:00Z"));
        Fingerprints fingerprints = new Fingerprints(new FingerprintKeys(data.resolve("keys"), clock, id -> {}));
        Masks masks = new Masks(new Secrets(List.of(new Secret("held-by-us"))));
        new ArgumentsSketch(fingerprints, masks, redactions, truncations).write(out, RawJson.of(arguments), kept);
        return JsonMapper.shared().readTree(new String(out.toByteArray(), StandardCharsets.UTF_8));
    }
}
