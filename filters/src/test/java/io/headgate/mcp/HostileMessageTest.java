package io.headgate.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.headgate.mcp.BadMessage.Reason;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What strangers send, and what they are told: the reason, and the id whenever it can be read. */
class HostileMessageTest {
    private static final String GOOD =
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{\"a\":%s}}}";
    private static final String ID_LAST =
            "{\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{\"a\":%s}},\"jsonrpc\":\"2.0\",\"id\":\"x-7\"}";

    @Test
    void otherEncodings() {
        String good = GOOD.formatted("1");
        assertRefused(good.getBytes(Charset.forName("UTF-16LE")), Reason.ENCODING, null);
        assertRefused(good.getBytes(Charset.forName("UTF-16BE")), Reason.ENCODING, null);
        assertRefused(good.getBytes(StandardCharsets.UTF_16), Reason.ENCODING, null);
        assertRefused(good.getBytes(Charset.forName("UTF-32BE")), Reason.ENCODING, null);
        assertRefused(good.getBytes(Charset.forName("UTF-32LE")), Reason.ENCODING, null);
        assertRefused("\ufeff" + good, Reason.ENCODING, null);
    }

    @Test
    void brokenTexts() {
        assertRefused("", Reason.EMPTY, null);
        assertRefused("  \r\n", Reason.EMPTY, null);
        assertRefused("{", Reason.SYNTAX, null);
        assertRefused("{'jsonrpc':'2.0'}", Reason.SYNTAX, null);
        assertRefused("/* comment */" + GOOD.formatted("1"), Reason.SYNTAX, null);
        assertRefused(GOOD.formatted("1,"), Reason.SYNTAX, "7");
        assertRefused(GOOD.formatted("01"), Reason.SYNTAX, "7");
        assertRefused(GOOD.formatted("-Infinity"), Reason.SYNTAX, "7");
        assertRefused(GOOD.formatted("NaN"), Reason.SYNTAX, "7");
        assertRefused(GOOD.formatted("\"a\nb\""), Reason.SYNTAX, "7");
        assertRefused(GOOD.formatted("1") + GOOD.formatted("2"), Reason.TRAILING, "7");
        assertRefused(GOOD.formatted("1") + "}", Reason.TRAILING, "7");
    }

    @Test
    void keysThatTwoReadersReadDifferently() {
        assertRefused(
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"method\":\"tools/call\",\"params\":{}}",
                Reason.DUPLICATE_KEY,
                "1");
        assertRefused("{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}", Reason.DUPLICATE_KEY, null);
        assertRefused(GOOD.formatted("{\"k\":1,\"k\":1}"), Reason.DUPLICATE_KEY, "7");
        assertRefused(
                GOOD.formatted("1").replace("\"name\"", "\"name\":\"a\",\"na\\u006de\""), Reason.DUPLICATE_KEY, "7");
        assertRefused(
                GOOD.formatted("1").replace("\"name\"", "\"na\\u006de\":\"a\",\"name\""), Reason.DUPLICATE_KEY, "7");
        assertRefused(GOOD.formatted("1").replace("method", "Method"), Reason.MISSING_METHOD, "7");
        assertRefused(
                GOOD.formatted("1").replace("\"method\"", "\"Method\":\"tools/call\",\"method\""),
                Reason.UNKNOWN_MEMBER,
                "7");
        assertRefused("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{},\"METHOD\":\"ping\"}", Reason.UNKNOWN_MEMBER, "7");
        assertRefused(
                GOOD.formatted("1").replace("\"method\"", "\"method\\u0000\":\"tools/call\",\"method\""),
                Reason.CONTROL_IN_KEY,
                "7");
        assertRefused(GOOD.formatted("1").replace("\"name\"", "\"Name\":\"x\",\"name\""), Reason.UNKNOWN_MEMBER, "7");
        assertRefused(GOOD.formatted("1").replace("params", "param\u017f"), Reason.UNKNOWN_MEMBER, "7");
        assertRefused(GOOD.formatted("1").replace("\"name\"", "\"ur\u0131\":1,\"name\""), Reason.UNKNOWN_MEMBER, "7");
        assertAccepted(GOOD.formatted("{\"Name\":1,\"name\":2,\"na\\u0000me\":3}"));
    }

    @Test
    void stringsThatAreNoText() {
        for (String hex : List.of("C0AF", "E080AF", "F4908080", "EDA080", "FF", "F09F98", "80")) {
            assertRefused(withBytes(GOOD, hex), Reason.INVALID_UTF8, "7");
            assertRefused(withBytes(ID_LAST, hex), Reason.INVALID_UTF8, "\"x-7\"");
        }
        assertRefused(GOOD.formatted("\"\\ud800\""), Reason.LONE_SURROGATE, "7");
        assertRefused(ID_LAST.formatted("\"\\udc00\\ud800\""), Reason.LONE_SURROGATE, "\"x-7\"");
    }

    @Test
    void numbersOutOfBounds() {
        assertRefused(GOOD.formatted("1e400"), Reason.NUMBER_RANGE, "7");
        assertRefused(ID_LAST.formatted("-1e999999999"), Reason.NUMBER_RANGE, "\"x-7\"");
        assertRefused(GOOD.formatted("9".repeat(1_000_000)), Reason.NUMBER_LENGTH, "7");
        assertRefused(ID_LAST.formatted("0." + "9".repeat(1_000_000)), Reason.NUMBER_LENGTH, "\"x-7\"");
    }

    @Test
    void tooMuchOfIt() {
        assertRefused(GOOD.formatted("[".repeat(65) + "]".repeat(65)), Reason.DEPTH, "7");
        assertRefused("[".repeat(65) + "]".repeat(65), Reason.DEPTH, null);
        assertRefused("[".repeat(100_000), Reason.DEPTH, null);
        assertRefused(GOOD.formatted("[".repeat(2_000_000)), Reason.DEPTH, "7");
        assertRefused(ID_LAST.formatted("[".repeat(2_000_000)), Reason.DEPTH, null);
        assertRefused(GOOD.formatted("{\"" + "k".repeat(2_000) + "\":1}"), Reason.NAME_LENGTH, "7");
        assertRefused(ID_LAST.formatted("[" + "0,".repeat(200_000) + "0]"), Reason.TOKENS, "\"x-7\"");
        assertAccepted(GOOD.formatted("\"" + "x".repeat(4 << 20) + "\""));
    }

    @Test
    void notOneMessage() {
        assertRefused("null", Reason.NOT_OBJECT, null);
        assertRefused("42", Reason.NOT_OBJECT, null);
        assertRefused("\"x\"", Reason.NOT_OBJECT, null);
        assertRefused("[" + GOOD.formatted("1") + "]", Reason.BATCH, null);
        assertRefused(" \n[]", Reason.BATCH, null);
        assertRefused("[" + "{},".repeat(100_000) + "{}]", Reason.BATCH, null);
    }

    @Test
    void wrongEnvelopes() {
        assertRefused(GOOD.formatted("1").replace("\"2.0\"", "\"1.0\""), Reason.JSONRPC_VERSION, "7");
        assertRefused(GOOD.formatted("1").replace("\"2.0\"", "null"), Reason.JSONRPC_VERSION, "7");
        assertRefused(GOOD.formatted("1").replace("\"2.0\"", "2.0"), Reason.JSONRPC_VERSION, "7");
        assertRefused("{\"id\":7,\"method\":\"ping\"}", Reason.JSONRPC_VERSION, "7");
        assertRefused("{\"jsonrpc\":\"2.0\",\"id\":7}", Reason.MISSING_METHOD, "7");
        assertRefused("{}", Reason.JSONRPC_VERSION, null);
        assertRefused(GOOD.formatted("1").replace("\"tools/call\"", "5"), Reason.METHOD_TYPE, "7");
        assertRefused(GOOD.formatted("1").replace("tools/call", "x".repeat(1 << 20)), Reason.METHOD_LENGTH, "7");
        assertRefused("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"params\":[]}", Reason.PARAMS_TYPE, "7");
        assertRefused("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"params\":\"x\"}", Reason.PARAMS_TYPE, "7");
        assertRefused(
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"result\":{}}", Reason.REQUEST_AND_RESPONSE, "7");
        assertRefused(
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"error\":{}}", Reason.REQUEST_AND_RESPONSE, "7");
        assertThat(Reason.PARAMS_TYPE.code()).isEqualTo(RpcCodes.INVALID_PARAMS);
    }

    @Test
    void wrongIds() {
        assertRefused(withId("null"), Reason.ID_NULL, null);
        assertRefused(withId("1.5"), Reason.ID_TYPE, null);
        assertRefused(withId("1.0"), Reason.ID_TYPE, null);
        assertRefused(withId("1e3"), Reason.ID_TYPE, null);
        assertRefused(withId("true"), Reason.ID_TYPE, null);
        assertRefused(withId("{\"a\":1}"), Reason.ID_TYPE, null);
        assertRefused(withId("[1]"), Reason.ID_TYPE, null);
        assertRefused(withId("9007199254740993"), Reason.ID_RANGE, null);
        assertRefused(withId("-9007199254740992"), Reason.ID_RANGE, null);
        assertRefused(withId("9".repeat(60)), Reason.ID_RANGE, null);
        assertRefused(withId("\"" + "x".repeat(300) + "\""), Reason.ID_LENGTH, null);
        assertThat(assertAccepted(withId("9007199254740991")).hasId(9007199254740991L))
                .isTrue();
        assertThat(assertAccepted(withId("\"\"")).id()).isEqualTo(new RequestId("\"\""));
        assertThat(assertAccepted(withId("\"\\u00e9\"")).id()).isEqualTo(new RequestId("\"\\u00e9\""));
        assertThat(assertAccepted(withId("\"7\"")).hasId(7)).isFalse();
    }

    @Test
    void wrongResponses() {
        assertRefused("{\"jsonrpc\":\"2.0\",\"result\":{}}", Reason.RESPONSE_SHAPE, null);
        assertRefused("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{},\"error\":{}}", Reason.RESPONSE_SHAPE, "7");
        assertRefused("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[]}", Reason.RESPONSE_SHAPE, "7");
        assertRefused("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":null}", Reason.RESPONSE_SHAPE, "7");
        assertRefused(
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{},\"params\":{\"name\":\"x\"}}", Reason.RESPONSE_SHAPE, "7");
        assertThat(assertAccepted("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"\"}}")
                        .id())
                .isNull();
        assertThat(assertAccepted("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":\"\"}}")
                        .kind())
                .isEqualTo(Envelope.Kind.RESPONSE);
    }

    @Test
    void theIdIsOnlyReportedIfThereIsOneThatCanBe() {
        String deep = "[".repeat(70) + "]".repeat(70);
        assertRefused("{\"a\":" + deep + ",\"id\":1,\"id\":2}", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ",\"id\":1.5}", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ",\"id\":{\"id\":1}}", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ",\"b\":{\"id\":1}}", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ",\"b\":\"id\",\"c\":1}", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ",\"b\":\"\\\",\\\"id\\\":1\"}", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ",\"id\":\"" + "x".repeat(400) + "\"}", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ",\"id\":\"\\ud800\"}", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ",\"id\":", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ",\"id\":\"x", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ",\"id\":12", Reason.DEPTH, null);
        assertRefused("{\"a\":" + deep + ", \"id\" : 12 }", Reason.DEPTH, "12");
    }

    @Test
    void aUriIsNoticedWhereverItIs() {
        String result = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%s}";
        assertThat(assertAccepted(result.formatted("{\"uri\":1}")).mentionsUri())
                .isTrue();
        assertThat(assertAccepted(result.formatted("{\"contents\":[{\"uri\":1}]}"))
                        .mentionsUri())
                .isTrue();
        assertThat(assertAccepted(result.formatted("{\"a\":{\"\\u0075ri\":1}}")).mentionsUri())
                .isTrue();
        assertThat(assertAccepted(result.formatted("{\"a\":{\"url\":\"uri\"}}")).mentionsUri())
                .isFalse();
    }

    @Test
    void theMessageCarriesNoTextOfTheStranger() {
        BadMessage bad = refuse(GOOD.formatted("secret").getBytes(StandardCharsets.UTF_8));
        assertThat(bad).hasMessage("the body is not valid JSON");
        assertThat(bad.getStackTrace()).isEmpty();
    }

    @Test
    void collidingKeysCostNoMoreThanOthers() {
        List<String> keys = List.of("Aa", "BB");
        while (keys.size() < 10_000) {
            List<String> longer = new ArrayList<>();
            for (String key : keys) {
                longer.add(key + "Aa");
                longer.add(key + "BB");
            }
            keys = longer;
        }
        assertThat(keys.stream().mapToInt(String::hashCode).distinct()).hasSize(1);
        String message = GOOD.formatted("{\"" + String.join("\":0,\"", keys) + "\":0}");
        assertAccepted(message);
        assertThat(fastest(message)).isLessThan(Duration.ofMillis(50));
    }

    @Test
    void refusalsAreQuick() {
        assertThat(fastest(GOOD.formatted("9".repeat(1_000_000)))).isLessThan(Duration.ofMillis(20));
        assertThat(fastest(GOOD.formatted("1e999999999"))).isLessThan(Duration.ofMillis(5));
        assertThat(fastest("[".repeat(100_000))).isLessThan(Duration.ofMillis(5));
    }

    /** The least processor time of some readings, because the machine may be busy with other things. */
    private static Duration fastest(String message) {
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long start = threads.getCurrentThreadCpuTime();
            try {
                assertThat(Envelope.read(bytes, JsonLimits.CLIENT)).isNotNull();
            } catch (BadMessage expected) {
                assertThat(expected.reason().code()).isEqualTo(RpcCodes.INVALID_REQUEST);
            }
            best = Math.min(best, threads.getCurrentThreadCpuTime() - start);
        }
        return Duration.ofNanos(best);
    }

    private static String withId(String id) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"ping\"}";
    }

    private static byte[] withBytes(String template, String hex) {
        byte[] bytes =
                template.formatted("\"" + "@".repeat(hex.length() / 2) + "\"").getBytes(StandardCharsets.UTF_8);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf('@');
        for (int i = 0; i < hex.length(); i += 2) {
            bytes[at + i / 2] = (byte) Integer.parseInt(hex.substring(i, i + 2), 16);
        }
        return bytes;
    }

    private static Envelope assertAccepted(String message) {
        try {
            return Envelope.read(message.getBytes(StandardCharsets.UTF_8), JsonLimits.CLIENT);
        } catch (BadMessage bad) {
            throw new AssertionError(bad.reason() + " for " + message, bad);
        }
    }

    private static void assertRefused(String message, Reason reason, @Nullable String id) {
        assertRefused(message.getBytes(StandardCharsets.UTF_8), reason, id);
    }

    private static void assertRefused(byte[] message, Reason reason, @Nullable String id) {
        BadMessage bad = refuse(message);
        String about = new String(message, 0, Math.min(message.length, 200), StandardCharsets.UTF_8);
        assertThat(bad.reason()).as(about).isEqualTo(reason);
        assertThat(bad.id()).as(about).isEqualTo(id == null ? null : new RequestId(id));
    }

    private static BadMessage refuse(byte[] message) {
        BadMessage bad = catchThrowableOfType(BadMessage.class, () -> Envelope.read(message, JsonLimits.CLIENT));
        assertThat(bad).isNotNull();
        return bad;
    }
}
