package io.headgate.gateway.upstream.modern;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Target;
import io.headgate.gateway.upstream.EraChoice;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.era.FakeServer;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RpcCodes;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModernCallTest {
    private static final String OK = "{\"resultType\":\"complete\",\"content\":[]}";

    @Test
    void passesTheResultByteForByte() throws IOException {
        String result = "{ \"resultType\" : \"complete\", \"n\":1.50, \"x\":\"\\u00e9\" }";
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, result))) {
            JsonRpc last = fixture.last(UpstreamFixture.tool("echo"));

            assertThat(((JsonRpc.Success) last).result()).hasToString(result);
        }
    }

    @Test
    void writesOurOwnIdTokenNameAndMeta() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            Exchange exchange = UpstreamFixture.modernCall(
                    "tools/call",
                    "\"name\":\"u1__echo\", \"arguments\":{\"b\" : 2.0}",
                    "\"progressToken\":\"p\",\"io.modelcontextprotocol/subscriptionId\":\"s\",\"traceparent\":\"bad\",\"a.b/c\":[1]",
                    new Target("u1", Target.Kind.TOOL, "echo"));

            fixture.call(exchange);

            Received sent = fixture.server().received("tools/call").get(0);
            String id = sent.id();
            assertThat(id).matches("\\d+");
            assertThat(sent.body())
                    .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tools/call\",\"params\":"
                            + "{\"name\":\"echo\", \"arguments\":{\"b\" : 2.0},\"_meta\":{"
                            + "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                            + "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}},"
                            + "\"progressToken\":" + id + ",\"a.b/c\":[1]}}}");
            assertThat(sent.header("mcp-protocol-version")).isEqualTo("2026-07-28");
            assertThat(sent.header("mcp-method")).isEqualTo("tools/call");
            assertThat(sent.header("mcp-name")).isEqualTo("echo");
            assertThat(sent.header("x-key")).isEqualTo("k");
            assertThat(sent.header("accept")).isEqualTo("application/json, text/event-stream");
            assertThat(sent.header("accept-encoding")).isNull();
            assertThat(sent.header("host")).isEqualTo(fixture.server().url().getAuthority());
        }
    }

    @Test
    void insertsMetaForAClientThatHasNone() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            fixture.call(UpstreamFixture.legacyCall("tools/call", "{\"name\":\"echo\"}", null));

            assertThat(fixture.server().received("tools/call").get(0).body())
                    .contains(
                            "\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                                    + "\"io.modelcontextprotocol/clientCapabilities\":{\"sampling\":{}},"
                                    + "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"c\",\"version\":\"1\"}},\"name\":\"echo\"}");
        }
    }

    @Test
    void forwardsParamHeadersAndNothingElseOfTheClient() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            Exchange exchange = UpstreamFixture.tool("echo");
            RequestHeaders headers = new RequestHeaders() {
                @Override
                public @Nullable String get(String name) {
                    return null;
                }

                @Override
                public void forEach(BiConsumer<String, String> visitor) {
                    visitor.accept("Mcp-Param-Region", "=?base64?4pyT?=");
                    visitor.accept("Authorization", "Bearer secret");
                    visitor.accept("Cookie", "a=b");
                }
            };
            fixture.call(new Exchange(
                    exchange.message(),
                    exchange.target(),
                    exchange.route(),
                    exchange.caller(),
                    exchange.client(),
                    null,
                    headers));

            Received sent = fixture.server().received("tools/call").get(0);
            assertThat(sent.header("mcp-param-region")).isEqualTo("=?base64?4pyT?=");
            assertThat(sent.headers()).doesNotContainKeys("authorization", "cookie");
        }
    }

    @Test
    void tellsAServerThatWantsToKnowHowLongSomebodyWaits() throws IOException {
        FakeServer server = new FakeServer((request, wire) ->
                wire.result(request, request.rpcMethod().equals("server/discover") ? UpstreamFixture.DISCOVERED : OK));
        UpstreamConfig config = new UpstreamConfig(
                "u1",
                server.url(),
                UpstreamTransport.HTTP,
                EraChoice.AUTO,
                "",
                Map.of(),
                /* isStateless= */ false,
                /* http2PriorKnowledge= */ false,
                "x-request-timeout-ms",
                /* isLinkLocal= */ false,
                /* trustFile= */ null,
                UpstreamFixture.QUICK);
        try (UpstreamFixture fixture = new UpstreamFixture(server, config)) {
            Exchange exchange = UpstreamFixture.tool("echo");
            long now = System.nanoTime();
            fixture.call(exchange);
            fixture.call(exchange.withDeadline(now + TimeUnit.SECONDS.toNanos(7)));
            fixture.call(exchange.withDeadline(now - 1));

            List<Received> sent = server.received("tools/call");
            assertThat(sent.get(0).headers()).doesNotContainKey("x-request-timeout-ms");
            assertThat(Integer.parseInt(String.valueOf(sent.get(1).header("x-request-timeout-ms"))))
                    .isBetween(1, 7_000);
            assertThat(sent.get(2).headers()).doesNotContainKey("x-request-timeout-ms");
        }
    }

    @Test
    void wrapsANameThatAHeaderCannotCarry() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            fixture.call(UpstreamFixture.modernCall(
                    "resources/read", "\"uri\":\"x\"", "", new Target("u1", Target.Kind.RESOURCE, "file:///\u00fc")));

            Received sent = fixture.server().received("resources/read").get(0);
            assertThat(sent.header("mcp-name")).isEqualTo("=?base64?ZmlsZTovLy/DvA==?=");
            assertThat(sent.body()).contains("\"uri\":\"file:///\u00fc\"");
        }
    }

    @Test
    void restoresTheClientsTokenAndDropsForeignOnes() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.stream()
                .event(progress("99999", 1))
                .event(progress(request.id(), 2))
                .event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}")
                .event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}")
                .resultEvent(request, OK)
                .endStream())) {
            Exchange exchange = UpstreamFixture.modernCall(
                    "tools/call",
                    "\"name\":\"echo\"",
                    "\"progressToken\":\"p\\u0031\"",
                    new Target("u1", Target.Kind.TOOL, "echo"));

            List<JsonRpc> all = fixture.call(exchange);

            assertThat(all).hasSize(2);
            assertThat(((JsonRpc.Notification) all.get(0)).params())
                    .hasToString("{\"progressToken\":\"p\\u0031\",\"progress\":2}");
            assertThat(fixture.faults("foreign_progress")).isEqualTo(1);
            assertThat(fixture.faults("unrequested_log")).isEqualTo(1);
            assertThat(fixture.faults("unrelated_notification")).isEqualTo(1);
        }
    }

    @Test
    void passesLogMessagesThatWereAskedFor() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.stream()
                .event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\"}}")
                .resultEvent(request, OK)
                .endStream())) {
            List<JsonRpc> all = fixture.call(UpstreamFixture.modernCall(
                    "tools/call",
                    "\"name\":\"echo\"",
                    "\"io.modelcontextprotocol/logLevel\":\"info\"",
                    new Target("u1", Target.Kind.TOOL, "echo")));

            assertThat(all.get(0))
                    .isInstanceOfSatisfying(
                            JsonRpc.Notification.class,
                            message -> assertThat(message.method()).isEqualTo("notifications/message"));
        }
    }

    @Test
    void passesErrorsWithTheirStatusAndTheDataThatIsDefined() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.error(
                400, request, -32602, ",\"data\":{\"uri\":\"x:y\",\"trace\":\"at a.B password=hunter2\"}"))) {
            JsonRpc.Failure failure = (JsonRpc.Failure) fixture.last(UpstreamFixture.tool("echo"));

            assertThat(failure.code()).isEqualTo(RpcCodes.INVALID_PARAMS);
            assertThat(failure.message()).isEqualTo("no");
            assertThat(failure.data()).hasToString("{\"uri\":\"x:y\"}");
            assertThat(fixture.faults("error_data")).isEqualTo(1);
        }
    }

    /** Or a server could tell a client in our name that its key does not count. */
    @ParameterizedTest
    @ValueSource(ints = {1400, 1401, 1429, 1503, 1515, 1599})
    void translatesTheCodesOfTheGateway(int code) throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.error(200, request, code, ""))) {
            JsonRpc.Failure failure = (JsonRpc.Failure) fixture.last(UpstreamFixture.tool("echo"));

            assertThat(failure.code()).isEqualTo(RpcCodes.INTERNAL_ERROR);
            assertThat(failure.data()).hasToString("{\"upstreamCode\":" + code + "}");
            assertThat(fixture.faults("reserved_code")).isEqualTo(1);
        }
    }

    @Test
    void passesOtherCodesOfTheServer() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.error(200, request, 1001, ""))) {
            assertThat(((JsonRpc.Failure) fixture.last(UpstreamFixture.tool("echo"))).code())
                    .isEqualTo(1001);
        }
    }

    @Test
    void translatesReservedCodesThatAreNotDefined() throws IOException {
        try (UpstreamFixture fixture =
                UpstreamFixture.modern((request, wire) -> wire.error(200, request, -32050, ""))) {
            JsonRpc.Failure failure = (JsonRpc.Failure) fixture.last(UpstreamFixture.tool("echo"));

            assertThat(failure.code()).isEqualTo(RpcCodes.INTERNAL_ERROR);
            assertThat(failure.data()).hasToString("{\"upstreamCode\":-32050}");
            assertThat(fixture.faults("reserved_code")).isEqualTo(1);
        }
    }

    @Test
    void passesInputRequired() throws IOException {
        String result = "{\"resultType\":\"input_required\",\"inputRequests\":{\"k\":{\"method\":\"roots/list\"}}}";
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, result))) {
            JsonRpc last = fixture.last(UpstreamFixture.tool("echo"));

            assertThat(((JsonRpc.Success) last).result()).hasToString(result);
        }
    }

    @Test
    void answersWithTheFirstOfTwoResponses() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> {
            String event = "data: {\"jsonrpc\":\"2.0\",\"id\":" + request.id() + ",\"result\":{\"n\":%d}}\n\n";
            wire.stream().chunk(event.formatted(1) + event.formatted(2)).endStream();
        })) {
            JsonRpc last = fixture.last(UpstreamFixture.tool("echo"));

            assertThat(((JsonRpc.Success) last).result()).hasToString("{\"n\":1}");
            assertThat(fixture.faults("duplicate_response")).isEqualTo(1);
        }
    }

    private static String progress(String token, int value) {
        return "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":" + token
                + ",\"progress\":" + value + "}}";
    }
}
