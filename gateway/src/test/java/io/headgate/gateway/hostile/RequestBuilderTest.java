package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestBuilderTest {
    private static final Map<String, String> VARIABLES = Map.of(
            "BOB_SESSION",
            "cookie-of-bob",
            "ALICE",
            "alice-token",
            "BOB",
            "bob-token",
            "SA",
            "session-a",
            "SB",
            "session-b",
            "S",
            "state",
            "S with one bit flipped",
            "stbte",
            "event of session SB",
            "event-b");

    private final HostileFile file = own();

    private static HostileFile own() {
        try (var in = HostileFile.resource("cases.yaml")) {
            return HostileFile.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), /* isOwn= */ true);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Request request(String sendYaml) {
        return request(sendYaml, "{}");
    }

    private Request request(String sendYaml, String expectYaml) {
        Form send = Form.of(HostileFile.yaml(sendYaml));
        Form expect = Form.of(HostileFile.yaml(expectYaml));
        Expectation expectation = Expectation.of(expect, file.codes().keySet());
        return new RequestBuilder(file, VARIABLES).build(send, expectation);
    }

    private String body(String sendYaml) {
        return new String(request(sendYaml).body, StandardCharsets.ISO_8859_1);
    }

    private static String field(Request request, String name) {
        List<String> values = request.fields().stream()
                .filter(field -> field.name().equalsIgnoreCase(name))
                .map(field -> new String(field.value(), StandardCharsets.ISO_8859_1))
                .toList();
        return String.join("|", values);
    }

    @Test
    void everyCaseThatDoesNotWaitHasARequest() {
        WaitingList waiting = WaitingList.load();
        Map<String, String> broken = new HashMap<>();
        for (HostileCase hostile : file.cases()) {
            try {
                if (waiting.waitOf(hostile, file) == null) {
                    var unused = CaseRunner.request(file, hostile, VARIABLES);
                }
            } catch (RuntimeException e) {
                broken.put(hostile.id(), String.valueOf(e));
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void patchesByPath() {
        assertThat(body("{template: modern_call, patch: {jsonrpc: null}}")).contains("\"jsonrpc\":null");
        assertThat(body("{template: modern_call, patch: {id: <absent>}}")).doesNotContain("\"id\"");
        assertThat(body("{template: modern_call, patch: {id: <raw>9007199254740993}}"))
                .contains("\"id\":9007199254740993,");
        assertThat(body("{template: modern_call, patch: {params.cursor: ''}}")).contains("\"cursor\":\"\"");
        assertThat(body("{template: modern_call, patch: {method: <1 MiB string>}}"))
                .hasSizeGreaterThan(1 << 20);
        assertThat(body("{template: modern_call, patch: {params.requestState: <64 KiB + 1>}}"))
                .contains("\"" + "a".repeat(65_537) + "\"");
    }

    @Test
    void headersFollowTheBodyUnlessTheCaseIsAboutTheirDifference() {
        String send = "{template: modern_call, patch: {method: ping}}";
        assertThat(field(request(send), "Mcp-Method")).isEqualTo("ping");
        assertThat(field(request(send, "{rpc: HEADER_MISMATCH}"), "Mcp-Method")).isEqualTo("tools/call");
        assertThat(field(request("{template: modern_call, tool: sql}", "{rpc: HEADER_MISMATCH}"), "Mcp-Name"))
                .isEqualTo("sql");
        assertThat(field(request("{template: modern_call, tool: 'echo\\u200b'}"), "Mcp-Name"))
                .startsWith("=?base64?");
    }

    @Test
    void changesHeaders() {
        Request request = request("{template: legacy_call, session: <129 chars>, as_: bob, drop_headers: [accept],"
                + " headers_twice: {X: [a, b]}, headers_raw: 'X-Obs: \\xff\\xfe'}");
        assertThat(field(request, "Mcp-Session-Id")).hasSize(129);
        assertThat(field(request, "Authorization")).isEqualTo("Bearer bob-token");
        assertThat(field(request, "Accept")).isEmpty();
        assertThat(field(request, "x")).isEqualTo("a|b");
        assertThat(field(request, "X-Obs")).isEqualTo("\u00ff\u00fe");
    }

    @Test
    void listensWithTheFilterOfTheCase() {
        Request request = request("{template: listen, filter: {resourceSubscriptions: ['<10,001 URIs>']}}");
        assertThat(field(request, "Mcp-Method")).isEqualTo("subscriptions/listen");
        assertThat(field(request, "Mcp-Name")).isEmpty();
        assertThat(new String(request.body, StandardCharsets.UTF_8))
                .contains("file:///r/10000", "io.modelcontextprotocol/protocolVersion");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "duplicate key inside params.arguments | \"x\":\"y\",\"x\":\"again\"",
                "duplicate key \"n\" inside arguments | \"n\":1,\"n\":\"again\"",
                "duplicate key spelled once as \"name\" and once as \"na\\u006de\" | \"na\\u006de\":\"again\"",
                "key \"Method\" instead of \"method\" (and \"method\" absent) | \"Method\":\"tools/call\"",
                "both \"method\":\"tools/list\" and \"Method\":\"tools/call\" | \"method\":\"tools/list\",\"Method\":\"tools/call\"",
                "key \"method\\u0000\" next to \"method\" | \"method\\u0000\":\"x\"",
                "\"a\":-Infinity in arguments | \"a\":-Infinity",
                "\"a\":01 | \"a\":01",
                "number of 1,000 digits in one chunk | 1111111111",
                "/* comment */ + valid body | /* comment */{",
                "valid body + valid body | }{\"jsonrpc\"",
                "[valid request] | [{\"jsonrpc\"",
                "[ {}, {}, ... 3 ] | [{},{},{}]",
                "trailing comma | ,}",
                "65 nested arrays | [[[[",
                "100 nested \"[\" | \"a\":[[[[",
                "250,001 values | 0,0,0",
                "lone high surrogate | \"\\ud800\"",
            })
    void buildsBodiesFromPhrases(String phrase, String part) {
        String send = "{template: modern_call, body_gen: '" + phrase.replace("'", "''") + "'}";
        assertThat(body(send)).contains(part);
    }

    @Test
    void countsWhatAPhraseCounts() {
        assertThat(body("{template: modern_call, body_gen: 65 nested arrays}")
                        .chars()
                        .filter(c -> c == '['))
                .hasSize(65);
        assertThat(body("{template: modern_call, body_gen: 'key of 2,000 bytes'}"))
                .contains("\"" + "k".repeat(2000) + "\"");
        assertThat(body("{template: modern_call, body_gen: '10,000 keys whose String.hashCode collide'}"))
                .contains("AaAaAa");
        assertThat(BodyPhrases.colliding(1).hashCode())
                .isEqualTo(BodyPhrases.colliding(9_999).hashCode());
        Request largest = request("{template: modern_call, body_gen: one 4 MiB string value}", "{rpc: result}");
        assertThat(largest.body).hasSize(4 << 20);
    }

    @Test
    void deliversAsAPhraseSays() {
        Request segments =
                request("{template: modern_call, body_gen: 'number of 4,000 digits sent in 1 KiB TCP segments'}");
        assertThat(segments.segment).isEqualTo(1024);
        Request chunks = request("{template: modern_call, body_gen: '2,000 nested \"[\" split over 10 chunks'}");
        assertThat(new String(chunks.head(), StandardCharsets.UTF_8))
                .contains("Transfer-Encoding: chunked")
                .doesNotContain("Content-Length");
        assertThat(new String(chunks.payload(), StandardCharsets.UTF_8)).endsWith("0\r\n\r\n");
    }

    @Test
    void encodesBodies() throws Exception {
        assertThat(request("{template: modern_call, body_gen: valid body in UTF-16LE with BOM}").body)
                .startsWith(0xFF, 0xFE, '{', 0);
        assertThat(request("{template: modern_call, body_gen: valid body in UTF-32BE}").body)
                .startsWith(0, 0, 0, '{');
        byte[] zipped = request("{template: modern_call, body_gen: gzip of the valid body}").body;
        byte[] plain = new GZIPInputStream(new ByteArrayInputStream(zipped)).readAllBytes();
        assertThat(new String(plain, StandardCharsets.UTF_8)).startsWith("{\"jsonrpc\"");
        assertThat(body("{template: modern_call, string_hex: C0AF}")).contains("\"\u00c0\u00af\"");
        assertThat(body("{template: modern_call, string_escape: '\\udc00\\ud800'}"))
                .contains("\"\\udc00\\ud800\"");
        assertThat(request("{template: modern_call, body_hex_prefix: EFBBBF}").body)
                .startsWith(0xEF, 0xBB, 0xBF, '{');
    }

    @Test
    void saysWhichWordsItDoesNotUnderstand() {
        assertThatThrownBy(() -> body("{template: modern_call, body_gen: a poem}"))
                .isInstanceOf(Unbuildable.class)
                .hasMessage("no builder for body_gen: a poem");
        assertThatThrownBy(() -> body("{template: legacy_call, session: '${NOBODY}'}"))
                .hasMessage("no builder for ${NOBODY}");
    }
}
