package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.gateway.hostile.StandIn.Habit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;

/** The harness turns red for each way of answering wrong: it is shown a stand-in that does so on purpose. */
class HarnessTest {
    private static final String COUNTER = "headgate_jsonrpc_rejected_total{reason=\"syntax\"}";
    private static final Habit GOOD =
            new Habit(400, error(-32700, "bad"), /* closes= */ false, COUNTER, /* calls= */ false);
    private static final String SEND = "{template: modern_call, body: '{'}";
    private static final String EXPECT =
            "{http: 400, rpc: PARSE_ERROR, conn: keep, upstream_calls: 0, metric: '" + COUNTER + "'}";

    private static String error(int code, String message) {
        return "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":" + code + ",\"message\":\"" + message + "\"}}";
    }

    private static HostileFile own() throws IOException {
        try (var in = HostileFile.resource("cases.yaml")) {
            return HostileFile.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), /* isOwn= */ true);
        }
    }

    private static List<String> problems(Habit habit, String send, String expect) throws Exception {
        HostileFile file = own();
        Form written = Form.of(HostileFile.yaml(expect));
        HostileCase hostile = new HostileCase(
                "x-001",
                "json",
                "ci",
                /* given= */ "",
                /* prepare= */ null,
                Form.of(HostileFile.yaml(send)),
                written,
                Expectation.of(written, file.codes().keySet()));
        try (HostileSuite suite = new HostileSuite(file, WaitingList.NONE, StandIn.with(habit))) {
            return suite.problems(hostile);
        }
    }

    private static List<String> problems(Habit habit) throws Exception {
        return problems(habit, SEND, EXPECT);
    }

    @Test
    void rightAnswerIsGreen() throws Exception {
        assertThat(problems(GOOD)).isEmpty();
    }

    @Test
    void wrongStatusIsRed() throws Exception {
        assertThat(problems(GOOD.status(200))).contains("http was 200 (expected: 400)");
    }

    @Test
    void wrongCodeIsRed() throws Exception {
        assertThat(problems(GOOD.body(error(-32600, "bad"))))
                .contains("rpc was INVALID_REQUEST (expected: PARSE_ERROR)");
        assertThat(problems(GOOD.body(""))).contains("rpc was none (expected: PARSE_ERROR)");
    }

    @Test
    void closedConnectionIsRedWhereItMustBeKept() throws Exception {
        assertThat(problems(GOOD.closing())).contains("connection was close (expected: keep)");
    }

    @Test
    void keptConnectionIsRedWhereItMustBeClosed() throws Exception {
        String expect = EXPECT.replace("keep", "close");
        assertThat(problems(GOOD, SEND, expect)).contains("connection was keep (expected: close)");
        assertThat(problems(GOOD.closing(), SEND, expect)).isEmpty();
    }

    @Test
    void missingMetricIsRed() throws Exception {
        assertThat(problems(GOOD.counting(COUNTER.replace("syntax", "depth"))))
                .anyMatch(problem ->
                        problem.startsWith("metric headgate_jsonrpc_rejected_total{reason=syntax} did not grow"));
    }

    @Test
    void callOfARefusedRequestIsRed() throws Exception {
        String send = "{template: modern_call}";
        assertThat(problems(GOOD.calling(), send, EXPECT)).contains("upstreams saw 1 calls (expected: 0)");
        assertThat(problems(GOOD, send, EXPECT.replace("upstream_calls: 0", "upstream_calls: 1")))
                .contains("upstreams saw 0 calls (expected: 1)");
    }

    @Test
    void secondResponseIsRed() throws Exception {
        String send = "{raw: \"GET / HTTP/1.1\\r\\n\\r\\nGET / HTTP/1.1\\r\\n\\r\\n\"}";
        String expect = EXPECT.replace("keep", "close").replace("{http", "{responses_on_connection: 1, http");
        assertThat(problems(GOOD, send, expect)).contains("one more response on the connection: 400");
    }

    @Test
    void whatMustNeverBeIsRed() throws Exception {
        assertThat(problems(GOOD.body(error(-32700, "at a.b.C(C.java:1)"))))
                .anyMatch(problem -> problem.startsWith("the answer tells of the inside"));
        String twice = error(-32700, "bad").replace("\"error\"", "\"jsonrpc\":\"2.0\",\"error\"");
        assertThat(problems(GOOD.body(twice))).anyMatch(problem -> problem.startsWith("the answer has a key twice"));
        assertThat(problems(GOOD.status(500))).contains("the gateway made a 500");
    }

    @Test
    void caseThatCannotBeBuiltIsRedAndNotLeftOut() throws Exception {
        HostileCase poem = HostileCase.of(
                Form.of(HostileFile.yaml("{id: x-001, layer: json, send: {poem: true}, expect: {http: 400}}")),
                Set.of());
        HostileFile own = own();
        for (boolean isOwn : List.of(true, false)) {
            HostileFile file = new HostileFile(isOwn, own.codes(), own.limits(), own.templates(), List.of(poem));
            try (HostileSuite suite = new HostileSuite(file, WaitingList.load(), StandIn.with(GOOD))) {
                List<DynamicNode> tests = suite.tests(file.layers(), any -> true)
                        .flatMap(layer -> layer.getChildren().map(DynamicNode.class::cast))
                        .toList();
                assertThat(tests).hasSize(1);
                DynamicTest test = (DynamicTest) tests.get(0);
                assertThatThrownBy(() -> test.getExecutable().execute()).isInstanceOf(Unbuildable.class);
            }
        }
    }
}
