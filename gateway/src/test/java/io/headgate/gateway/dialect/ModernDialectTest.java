package io.headgate.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHead;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.HeaderParam;
import io.headgate.gateway.route.catalog.Resolutions;
import io.headgate.gateway.session.SessionConfig;
import io.headgate.gateway.session.Sessions;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.test.publisher.TestPublisher;

class ModernDialectTest {
    private static final String META =
            "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}";
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":\"a-1\",\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{},"
                    + META + "}}";

    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final ToldEvents told = new ToldEvents();
    private final List<Exchange> seen = new ArrayList<>();
    private Function<Exchange, Flux<JsonRpc>> core = exchange -> Flux.just(JsonRpc.Success.of("{\"content\":[]}"));
    private Function<RequestHead, @Nullable Refusal> early = head -> null;
    private final Dialects dialects = new Dialects(
            exchange -> {
                seen.add(exchange);
                return core.apply(exchange);
            },
            head -> early.apply(head),
            server -> server.equals("files"),
            (target, hasSession) -> Resolutions.tool(
                    target,
                    target.name().equals("sql")
                            ? List.of(new HeaderParam("Mcp-Param-Region", List.of("region")))
                            : List.of()),
            new Sessions(SessionConfig.DEFAULT, meters),
            meters,
            told.events);

    private static FakeCall call() {
        return call(CALL);
    }

    private static FakeCall call(String body) {
        return headers(FakeCall.post(body));
    }

    private static FakeCall headers(FakeCall call) {
        return call.with("MCP-Protocol-Version", "2026-07-28")
                .with("Mcp-Method", "tools/call")
                .with("Mcp-Name", "echo");
    }

    private FakeCall handled(FakeCall call) {
        dialects.handle(call);
        return call;
    }

    private double count(String meter, String reason) {
        return meters.counter(meter, "reason", reason).count();
    }

    @Test
    void answersWithTheClientsIdAndWhatTheEraRequires() {
        assertThat(handled(call()).body200())
                .isEqualTo(
                        "{\"jsonrpc\":\"2.0\",\"id\":\"a-1\",\"result\":{\"resultType\":\"complete\",\"content\":[]}}");
        assertThat(seen.get(0).target().name()).isEqualTo("echo");
    }

    @Test
    void passesACompleteResultByteForByte() {
        core = exchange -> Flux.just(JsonRpc.Success.of("{ \"resultType\" : \"complete\", \"n\" : 1.50 }"));
        assertThat(handled(call()).body200()).endsWith("\"result\":{ \"resultType\" : \"complete\", \"n\" : 1.50 }}");
    }

    @Test
    void addsCacheHintsToAListWithoutThem() {
        core = exchange -> Flux.just(JsonRpc.Success.of("{\"tools\":[]}"));
        FakeCall list = call(CALL.replace("tools/call", "tools/list"))
                .without("Mcp-Method")
                .with("Mcp-Method", "tools/list");
        assertThat(handled(list).body200())
                .contains("{\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\",\"tools\":[]}");
    }

    @ParameterizedTest
    @CsvSource({
        "MCP-Protocol-Version,,missing_header",
        "Mcp-Method,,missing_header",
        "Mcp-Name,,missing_header",
        "MCP-Protocol-Version,2025-11-25,version_mismatch",
        "Mcp-Method,tools/list,method_mismatch",
        "Mcp-Method,Tools/Call,method_mismatch",
        "Mcp-Name,other,name_mismatch",
        "Mcp-Name,=?base64?!!!?=,bad_base64",
        "Mcp-Name,=?BASE64?ZWNobw==?=,name_mismatch"
    })
    void refusesHeadersThatDisagreeWithTheBody(String name, String value, String reason) {
        FakeCall call = call().without(name);
        if (value != null) {
            call.with(name, value);
        }
        handled(call);
        assertThat(call.status).isEqualTo(400);
        assertThat(call.answer).contains("\"id\":\"a-1\"").contains("\"code\":-32020");
        assertThat(count("headgate.mcp.rejected", reason)).isEqualTo(1);
        assertThat(seen).isEmpty();
        boolean saysTwoThings = reason.equals("method_mismatch") || reason.equals("name_mismatch");
        assertThat(told.names).isEqualTo(saysTwoThings ? List.of("input_validation_fail:" + name) : List.of());
    }

    @Test
    void refusesARoutingHeaderThatIsThereTwice() {
        FakeCall call = handled(call().with("Mcp-Method", "tools/list"));
        assertThat(call.status).isEqualTo(400);
        assertThat(count("headgate.mcp.rejected", "duplicate_header")).isEqualTo(1);
    }

    @Test
    void takesABase64Name() {
        FakeCall call = handled(call().without("Mcp-Name").with("Mcp-Name", "=?base64?ZWNobw==?="));
        assertThat(call.status).isEqualTo(200);
    }

    @Test
    void refusesAVersionThatItDoesNotSpeakAndNamesThoseItDoes() {
        FakeCall call = call(CALL.replace("2026-07-28", "1900-01-01"))
                .without("MCP-Protocol-Version")
                .with("MCP-Protocol-Version", "1900-01-01");
        handled(call);
        assertThat(call.status).isEqualTo(400);
        assertThat(call.answer).contains("-32022").contains("\"supported\":[\"2026-07-28\",\"2025-11-25\"");
    }

    @Test
    void refusesAMessageWithoutItsEnvelope() {
        FakeCall call = handled(
                call("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}"));
        assertThat(call.status).isEqualTo(400);
        assertThat(call.answer).contains("-32602");
        assertThat(count("headgate.mcp.rejected", "meta_missing")).isEqualTo(1);
    }

    @Test
    void answersRemovedMethodsWith404() {
        for (String method : List.of("initialize", "ping", "logging/setLevel", "resources/subscribe", "no/such")) {
            FakeCall call = handled(call(CALL.replace("tools/call", method)));
            assertThat(call.status).as(method).isEqualTo(404);
            assertThat(call.answer).contains("\"id\":\"a-1\"").contains("-32601");
        }
        assertThat(seen).isEmpty();
    }

    @Test
    void refusesARequestWithoutAnIdAndDropsNotifications() {
        FakeCall request = handled(call(CALL.replace("\"id\":\"a-1\",", "")));
        assertThat(request.status).isEqualTo(400);
        assertThat(request.answer).contains("-32600").doesNotContain("\"id\"");
        FakeCall notification =
                handled(call(CALL.replace("\"id\":\"a-1\",", "").replace("tools/call", "notifications/x")));
        assertThat(notification.status).isEqualTo(202);
        assertThat(seen).isEmpty();
    }

    @Test
    void commitsToAStreamOnlyWhenTheFirstMessageIsNoResponse() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        core = exchange -> upstream.flux();
        FakeCall call = handled(call());
        assertThat(call.status).isZero();
        upstream.next(new JsonRpc.Notification("notifications/progress", RawJson.of("{\"progressToken\":1}")));
        upstream.next(JsonRpc.Success.of("{\"resultType\":\"complete\"}")).complete();
        assertThat(call.streamed().events)
                .containsExactly(
                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1}}",
                        "{\"jsonrpc\":\"2.0\",\"id\":\"a-1\",\"result\":{\"resultType\":\"complete\"}}");
        assertThat(call.streamed().ended).isTrue();
    }

    @Test
    void beginsAStreamWhenTheUpstreamIsQuietForLong() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        core = exchange -> upstream.flux();
        FakeCall call = handled(call());
        Objects.requireNonNull(call.onQuiet).run();
        upstream.next(JsonRpc.Success.of("{\"resultType\":\"complete\"}")).complete();
        assertThat(call.streamed().events).hasSize(1);
    }

    @Test
    void asksForNoMoreThanTheClientReads() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        core = exchange -> upstream.flux();
        FakeCall call = handled(call());
        upstream.assertMinRequested(1);
        upstream.next(new JsonRpc.Notification("notifications/progress", null));
        upstream.assertMinRequested(1);
        FakeCall.FakeStream stream = call.streamed();
        stream.writable = false;
        upstream.next(new JsonRpc.Notification("notifications/progress", null));
        upstream.assertMaxRequested(0);
        stream.writable = true;
        Objects.requireNonNull(stream.onWritable).run();
        upstream.assertMinRequested(1);
    }

    @Test
    void disconnectCancels() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        core = exchange -> upstream.flux();
        FakeCall call = handled(call());
        call.disconnect();
        upstream.assertCancelled();
        assertThat(meters.counter("headgate.requests", "method", "tools/call", "outcome", "cancelled")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void turnsARefusalIntoItsCodeStatusAndRetryHint() {
        core = exchange ->
                Flux.error(new Refusal(Refusal.Reason.OVERLOADED, "try later", Duration.ofMillis(1500), null));
        FakeCall call = handled(call());
        assertThat(call.status).isEqualTo(503);
        assertThat(call.answerFields).containsExactly("Retry-After", "2");
        assertThat(call.answer)
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":\"a-1\",\"error\":{\"code\":1503,\"message\":\"try later\","
                        + "\"data\":{\"retryAfterMs\":1500}}}");
    }

    @Test
    void hidesADefectFromTheClient() {
        core = exchange -> Flux.error(new IllegalStateException("secret at x.y.Z"));
        FakeCall call = handled(call());
        assertThat(call.body200()).contains("-32603").doesNotContain("secret");
    }

    @Test
    void tagsWhatASubscriptionBringsWithTheClientsId() {
        core = exchange -> Flux.just(
                new JsonRpc.Notification(
                        "notifications/subscriptions/acknowledged", RawJson.of("{\"notifications\":{}}")),
                new JsonRpc.Notification("notifications/tools/list_changed", null),
                JsonRpc.Success.of("{\"resultType\":\"complete\"}"));
        FakeCall call = call(CALL.replace("tools/call", "subscriptions/listen"))
                .without("Mcp-Method")
                .with("Mcp-Method", "subscriptions/listen");
        handled(call);
        assertThat(call.streamed().events)
                .containsExactly(
                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\"a-1\"},\"notifications\":{}}}",
                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\"a-1\"}}}",
                        "{\"jsonrpc\":\"2.0\",\"id\":\"a-1\",\"result\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\"a-1\"},\"resultType\":\"complete\"}}");
    }

    @Test
    void hasNoGetAndNoDelete() {
        for (String method : List.of("GET", "DELETE")) {
            FakeCall call = FakeCall.of(method, HttpCall.Endpoint.MCP).with("MCP-Protocol-Version", "2026-07-28");
            handled(call);
            assertThat(call.status).isEqualTo(405);
            assertThat(call.answerFields).containsExactly("Allow", "POST");
        }
    }

    @Test
    void hasADoorForEachKnownServerAndNoOther() {
        assertThat(handled(headers(FakeCall.at("files", CALL))).status).isEqualTo(200);
        assertThat(seen.get(0).target().server()).isEqualTo("files");
        assertThat(handled(headers(FakeCall.at("other", CALL))).status).isEqualTo(404);
    }

    @Test
    void refusesABatch() {
        FakeCall call = handled(call("[" + CALL + "]"));
        assertThat(call.status).isEqualTo(400);
        assertThat(call.answer).contains("-32600");
        assertThat(count("headgate.jsonrpc.rejected", "batch")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "\"eu\",eu,200",
        "\"eu\",us,400",
        "\"eu\",,400",
        "\"eu\",=?base64?ZXU=?=,200",
        "42,42.0,200",
        "42,43,400",
        "true,true,200",
        "null,,200",
        "null,eu,400"
    })
    void comparesTheArgumentsThatHeadersRepeat(String argument, String header, int status) {
        FakeCall call = call(CALL.replace("echo", "sql").replace("{},\"_meta", "{\"region\":" + argument + "},\"_meta"))
                .without("Mcp-Name")
                .with("Mcp-Name", "sql");
        if (header != null) {
            call.with("Mcp-Param-Region", header);
        }
        assertThat(handled(call).status).isEqualTo(status);
        assertThat(seen).hasSize(status == 200 ? 1 : 0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "progressToken|{}|progress_token",
                "progressToken|[1]|progress_token",
                "progressToken|true|progress_token",
                "progressToken|1.5|progress_token",
                "progressToken|1e3|progress_token",
                "io.modelcontextprotocol/logLevel|\"DEBUG9\"|log_level",
                "io.modelcontextprotocol/logLevel|\"DEBUG\"|log_level",
                "io.modelcontextprotocol/logLevel|7|log_level",
                "io.modelcontextprotocol/logLevel|{}|log_level",
            })
    void refusesWhatMetaMustNotSay(String key, String value, String reason) {
        FakeCall call = handled(call(CALL.replace("\"_meta\":{", "\"_meta\":{\"" + key + "\":" + value + ",")));
        assertThat(call.status).isEqualTo(400);
        assertThat(call.answer).contains("\"id\":\"a-1\"").contains("-32602").contains("params._meta");
        assertThat(count("headgate.mcp.rejected", reason)).isEqualTo(1);
        assertThat(seen).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "progressToken|\"t\"",
                "progressToken|-7",
                "progressToken|null",
                "io.modelcontextprotocol/logLevel|\"debug\""
            })
    void takesWhatMetaMaySay(String key, String value) {
        assertThat(handled(call(CALL.replace("\"_meta\":{", "\"_meta\":{\"" + key + "\":" + value + ","))).status)
                .isEqualTo(200);
    }

    @Test
    void passesOnOnlyTheFieldsThatTheToolDeclares() {
        FakeCall call = FakeCall.post(
                        CALL.replace("echo", "sql").replace("\"arguments\":{}", "\"arguments\":{\"region\":\"eu\"}"))
                .with("MCP-Protocol-Version", "2026-07-28")
                .with("Mcp-Method", "tools/call")
                .with("Mcp-Name", "sql")
                .with("Mcp-Param-Region", "eu")
                .with("Mcp-Param-Tenant", "one")
                .with("Mcp-Param-Tenant", "two");
        assertThat(handled(call).status).isEqualTo(200);
        List<String> params = new ArrayList<>();
        seen.get(0).headers().forEach((name, value) -> {
            if (name.toLowerCase(Locale.ROOT).startsWith("mcp-param-")) {
                params.add(name + "=" + value);
            }
        });
        assertThat(params).containsExactly("mcp-param-region=eu");
        assertThat(seen.get(0).headers().all("Mcp-Param-Tenant")).isEmpty();
    }

    @Test
    void refusesByTheHeadAlone() {
        List<RequestHead> asked = new ArrayList<>();
        Refusal overloaded = new Refusal(Refusal.Reason.OVERLOADED, "full", Duration.ofSeconds(1));
        early = head -> {
            asked.add(head);
            return overloaded;
        };
        FakeCall call = headers(FakeCall.at("files", CALL));
        assertThat(dialects.refuses(call)).isSameAs(overloaded);
        assertThat(asked.get(0).method()).isEqualTo("tools/call");
        assertThat(asked.get(0).target()).isEqualTo(new Target("files", Target.Kind.TOOL, "echo"));
        assertThat(asked.get(0).headers().get("Mcp-Name")).isEqualTo("echo");

        dialects.refuse(call, overloaded);
        assertThat(call.status).isEqualTo(503);
        assertThat(call.answer)
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1503,\"message\":\"full\","
                        + "\"data\":{\"retryAfterMs\":1000}}}");
        assertThat(call.answerFields).containsExactly("Retry-After", "1");
        assertThat(count("headgate.early.refusals", "overloaded")).isEqualTo(1);
        assertThat(told.names).containsExactly("excess_rate_limit_exceeded:overloaded");
        assertThat(seen).isEmpty();
    }

    @Test
    void knowsNothingFromAHeadThatSaysItTwiceOrEncoded() {
        List<RequestHead> asked = new ArrayList<>();
        early = head -> {
            asked.add(head);
            return null;
        };
        dialects.refuses(call().with("Mcp-Method", "tools/list"));
        dialects.refuses(call().with("Mcp-Name", "other"));
        dialects.refuses(call().without("Mcp-Name").with("Mcp-Name", "=?base64?ZWNobw==?="));
        assertThat(asked.get(0).method()).isEmpty();
        assertThat(asked.get(1).target()).isEqualTo(new Target(""));
        assertThat(asked.get(2).target()).isEqualTo(new Target(""));
    }

    @Test
    void knowsOfOtherErasAndMethodsWhoSendsThemAndNotWhatTheyWant() {
        List<RequestHead> asked = new ArrayList<>();
        early = head -> {
            asked.add(head);
            return null;
        };
        dialects.refuses(call().without("MCP-Protocol-Version").with("MCP-Protocol-Version", "2025-11-25"));
        dialects.refuses(call().without("MCP-Protocol-Version"));
        dialects.refuses(FakeCall.of("GET", HttpCall.Endpoint.MCP)
                .with("MCP-Protocol-Version", "2026-07-28")
                .with("Mcp-Method", "tools/call")
                .with("Mcp-Name", "echo"));
        assertThat(asked).hasSize(3).allSatisfy(head -> {
            assertThat(head.method()).isEmpty();
            assertThat(head.target()).isEqualTo(new Target(""));
            assertThat(head.headers().get("Accept")).isNull();
        });
    }

    @Test
    void saysWhatIsWantedOfWhoeverIsUnknown() {
        FakeCall missing = call();
        dialects.refuse(missing, new Refusal(Refusal.Reason.CREDENTIAL_MISSING, "a key is needed"));
        assertThat(missing.status).isEqualTo(401);
        assertThat(missing.answerFields).containsExactly("WWW-Authenticate", "Bearer");
        assertThat(missing.answer)
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1401,\"message\":\"a key is needed\"}}");
        core = exchange -> Flux.error(new Refusal(Refusal.Reason.CREDENTIAL_INVALID, "the key is not valid"));
        FakeCall invalid = handled(call());
        assertThat(invalid.status).isEqualTo(401);
        assertThat(invalid.answerFields).containsExactly("WWW-Authenticate", "Bearer error=\"invalid_token\"");
        assertThat(invalid.answer).contains("\"code\":1401");
        assertThat(count("headgate.early.refusals", "credential_missing")).isEqualTo(1);
        // The filter that knows the reason tells of it.
        assertThat(told.names).isEmpty();
    }
}
