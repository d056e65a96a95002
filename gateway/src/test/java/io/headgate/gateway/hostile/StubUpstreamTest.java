package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class StubUpstreamTest {
    private static Response post(StubUpstream stub, String session, String body) throws Exception {
        Request request = new Request();
        request.add("Host", "stub");
        if (!session.isEmpty()) {
            request.add("Mcp-Session-Id", session);
        }
        request.body = Words.rawBytes(body);
        return Client.once(new InetSocketAddress(InetAddress.getLoopbackAddress(), stub.port()), request);
    }

    private static String call(String tool, String meta) {
        return "{\"jsonrpc\":\"2.0\",\"id\":\"u-1\",\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":{\"v\":\"A\"},\"_meta\":{" + meta + "}}}";
    }

    @Test
    void countsOnlyCallsThatClientsCause() throws Exception {
        try (StubUpstream stub = new StubUpstream(StubUpstream.Era.MODERN)) {
            post(stub, "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{}}");
            post(stub, "", "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\",\"params\":{}}");
            Response response = post(stub, "", call("echo", ""));
            assertThat(stub.calls()).extracting(StubUpstream.Call::tool).containsExactly("echo");
            assertThat(response.text()).contains("\"id\":\"u-1\"", "{\\\"v\\\":\\\"A\\\"}");
        }
    }

    @Test
    void streamsProgressOfTheCallsToken() throws Exception {
        try (StubUpstream stub = new StubUpstream(StubUpstream.Era.MODERN)) {
            Response response = post(stub, "", call("slow", "\"progressToken\":7"));
            assertThat(response.messages()).hasSize(4);
            assertThat(response.text()).contains("\"progressToken\":7");
        }
    }

    @Test
    void asksWhoeverCanBeAsked() throws Exception {
        try (StubUpstream stub = new StubUpstream(StubUpstream.Era.MODERN)) {
            assertThat(post(stub, "", call("ask", "")).text()).contains("-32021");
            String able = "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}";
            assertThat(post(stub, "", call("ask", able)).text()).contains("input_required", "stub-state");
        }
    }

    @Test
    void legacyWantsItsSession() throws Exception {
        try (StubUpstream stub = new StubUpstream(StubUpstream.Era.LEGACY)) {
            String initialize = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}";
            String session = post(stub, "", initialize).field("mcp-session-id");
            assertThat(post(stub, "", call("echo", "")).status()).isEqualTo(400);
            assertThat(post(stub, session, call("echo", "")).status()).isEqualTo(200);
            stub.forgetSessions();
            assertThat(post(stub, session, call("echo", "")).status()).isEqualTo(404);
        }
    }

    @Test
    void followsAScript() throws Exception {
        try (StubUpstream stub = new StubUpstream(StubUpstream.Era.MODERN)) {
            stub.follow(new UpstreamSteps(List.of("read", "status 503", "h Retry-After: 7")));
            assertThat(post(stub, "", call("echo", "")).field("retry-after")).isEqualTo("7");
            stub.follow(new UpstreamSteps(List.of("read", "json error code=-32050")));
            assertThat(post(stub, "", call("echo", "")).text()).contains("\"code\":-32050", "\"id\":\"u-1\"");
            stub.follow(
                    new UpstreamSteps(List.of("type text/event-stream", "loop 3 0 event progress", "event result A")));
            assertThat(post(stub, "", call("echo", "")).messages()).hasSize(4);
            stub.follow(new UpstreamSteps(List.of("read", "gen one event with 1000 data lines")));
            assertThat(post(stub, "", call("echo", "")).messages()).hasSize(1);
            stub.follow(null);
            assertThat(post(stub, "", call("echo", "")).text()).contains("\\\"v\\\"");
        }
    }

    @Test
    void saysWhichStepsItDoesNotUnderstand() {
        assertThatThrownBy(() -> new UpstreamSteps(List.of("read", "dance")))
                .isInstanceOf(Unbuildable.class)
                .hasMessage("no builder for upstream step: dance");
    }
}
