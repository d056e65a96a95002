package io.headgate.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHeaders;
import io.headgate.gateway.route.catalog.HeaderParam;
import io.headgate.gateway.route.catalog.Resolutions;
import io.headgate.gateway.session.Session;
import io.headgate.gateway.session.SessionConfig;
import io.headgate.gateway.session.Sessions;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.test.publisher.TestPublisher;

class LegacyDialectTest {
    private static final String INITIALIZE =
            "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"%s\",\"capabilities\":{\"roots\":{}},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{}}}";

    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final List<Exchange> seen = new ArrayList<>();
    private final Sessions sessions = new Sessions(
            new SessionConfig(
                    1_000,
                    3,
                    2,
                    2,
                    Duration.ofMinutes(30),
                    Duration.ofHours(8),
                    Duration.ofMinutes(10),
                    Duration.ofSeconds(60),
                    4096),
            meters);
    private Function<Exchange, Flux<JsonRpc>> core = exchange -> Flux.just(JsonRpc.Success.of("{\"content\":[]}"));
    private Supplier<Flux<JsonRpc>> discovered = () -> Flux.just(
            JsonRpc.Success.of(
                    "{\"capabilities\":{\"tools\":{}},\"instructions\":\"hi\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"headgate\"}}}"));
    private @Nullable Refusal early;
    private List<HeaderParam> headerParams = List.of();
    private Caller caller = new Caller("alice");
    private final ToldEvents told = new ToldEvents();
    private final Dialects dialects = dialects();

    private Dialects dialects() {
        Handler guarded = sessions.guard(exchange -> {
            seen.add(exchange);
            return exchange.method().equals("server/discover") ? discovered.get() : core.apply(exchange);
        });
        return new Dialects(
                exchange -> guarded.handle(exchange.withCaller(caller)),
                head -> early,
                server -> true,
                (target, hasSession) -> Resolutions.tool(target, headerParams),
                sessions,
                meters,
                told.events);
    }

    private FakeCall handled(FakeCall call) {
        dialects.handle(call);
        return call;
    }

    private String open(String version) {
        FakeCall call = handled(FakeCall.post(INITIALIZE.formatted(version)));
        assertThat(call.status).as(call.answer).isEqualTo(200);
        assertThat(call.answerFields.get(0)).isEqualTo("Mcp-Session-Id");
        return call.answerFields.get(1);
    }

    private FakeCall post(String session, String body) {
        return handled(FakeCall.post(body).with("Mcp-Session-Id", session).with("MCP-Protocol-Version", "2025-11-25"));
    }

    private FakeCall get(String session) {
        return handled(FakeCall.of("GET", HttpCall.Endpoint.MCP).with("Mcp-Session-Id", session));
    }

    private double rejected(String reason) {
        return meters.counter("headgate.mcp.rejected", "reason", reason).count();
    }

    @Test
    void opensASessionInTheClientsVersion() {
        FakeCall call = handled(FakeCall.post(INITIALIZE.formatted("2025-06-18")));
        assertThat(call.answer)
                .isEqualTo(
                        "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"protocolVersion\":\"2025-06-18\","
                                + "\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"headgate\"},\"instructions\":\"hi\"}}");
        assertThat(handled(FakeCall.post(INITIALIZE.formatted("2026-07-28"))).answer)
                .contains("\"protocolVersion\":\"2025-11-25\"");
    }

    @Test
    void refusesASecondInitializeInASession() {
        String session = open("2025-11-25");
        int before = seen.size();
        FakeCall second = post(session, INITIALIZE.formatted("2025-06-18"));
        assertThat(second.status).isEqualTo(400);
        assertThat(second.answer).contains("\"id\":0").contains("-32600").contains("initialized already");
        assertThat(seen.subList(before, seen.size()))
                .noneMatch(each -> each.method().equals("server/discover"));
        assertThat(rejected("initialized_already")).isEqualTo(1);
        assertThat(sessions.count()).isEqualTo(1);
        // A client that still sends the id of a session that is gone opens another one.
        assertThat(post("long-gone", INITIALIZE.formatted("2025-11-25")).status).isEqualTo(200);
        caller = new Caller("bob");
        assertThat(post(session, INITIALIZE.formatted("2025-11-25")).status).isEqualTo(404);
    }

    @Test
    void refusesASecondInitializeOnAnEventStream() {
        FakeCall stream = handled(FakeCall.of("GET", HttpCall.Endpoint.SSE));
        String query = stream.streamed().data(0).split("\\?", 2)[1];
        for (int i = 0; i < 2; i++) {
            handled(FakeCall.post(HttpCall.Endpoint.MESSAGES, query, INITIALIZE.formatted("2024-11-05")));
        }
        assertThat(stream.streamed().events).hasSize(3);
        assertThat(stream.streamed().data(1)).contains("\"protocolVersion\":\"2024-11-05\"");
        assertThat(stream.streamed().data(2)).contains("-32600").contains("initialized already");
    }

    @Test
    void refusesAProgressTokenThatIsNone() {
        String session = open("2025-11-25");
        FakeCall call = post(session, CALL.replace("\"arguments\":{}", "\"_meta\":{\"progressToken\":{\"a\":1}}"));
        assertThat(call.answer).contains("\"id\":1").contains("-32602").contains("progressToken");
        assertThat(rejected("progress_token")).isEqualTo(1);
    }

    @Test
    void keepsOfWhatAClientSaysOfItselfNoMoreThanItNeeds() {
        String icon = "a".repeat(3_000_000);
        FakeCall call = handled(FakeCall.post("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
                + "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"roots\":{}},\"clientInfo\":{\"name\":\"t\","
                + "\"icons\":[{\"src\":\"" + icon + "\"}],\"version\":\"1\"}}}"));
        Session session = Objects.requireNonNull(sessions.find(call.answerFields.get(1)));
        RawJson info = Objects.requireNonNull(session.client().info());
        assertThat(info).hasToString("{\"name\":\"t\",\"version\":\"1\"}");
        assertThat(info.retained()).isLessThan(100);
        assertThat(session.client().capabilities().retained()).isEqualTo("{\"roots\":{}}".length());
        assertThat(session.client().answerable().retained()).isLessThan(100);
    }

    @Test
    void refusesCapabilitiesThatAreALoad() {
        String load = "{\"experimental\":{\"a\":\"" + "x".repeat(70_000) + "\"}}";
        FakeCall call = handled(FakeCall.post(INITIALIZE.formatted("2025-11-25").replace("{\"roots\":{}}", load)));
        assertThat(call.answer).contains("-32602").contains("params.capabilities must not be larger than 65536 bytes");
        assertThat(sessions.count()).isZero();
    }

    @Test
    void takesOutWhatOnlyNewerRevisionsHave() {
        core = exchange -> Flux.just(JsonRpc.Success.of(
                "{\"resultType\":\"complete\",\"tools\":[ ],\"ttlMs\":5,\"cacheScope\":\"public\"}"));
        assertThat(post(open("2025-11-25"), CALL).body200())
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[ ]}}");
    }

    @Test
    void saysCodesOfTheNewerRevisionInItsOwnWords() {
        String session = open("2025-11-25");
        RawJson required = RawJson.of("{\"requiredCapabilities\":{\"sampling\":{}}}");
        core = exchange -> Flux.just(new JsonRpc.Failure(-32021, "Missing capability", required));
        assertThat(post(session, CALL).body200()).contains("\"isError\":true").contains("sampling");
        assertThat(post(session, CALL.replace("tools/call", "prompts/get")).body200())
                .contains("\"code\":-32603")
                .contains("requiredCapabilities");
        core = exchange -> Flux.just(new JsonRpc.Failure(-32020, "Header mismatch", null));
        assertThat(post(session, CALL).body200()).contains("\"code\":-32603").contains("Header mismatch");
    }

    @Test
    void repeatsArgumentsInFieldsOfItsOwnOnly() {
        post(open("2025-11-25"), CALL);
        headerParams = List.of(new HeaderParam("Mcp-Param-A", List.of("a")));
        handled(FakeCall.post(CALL.replace("{}", "{\"a\":\"\u00fc\"}"))
                .with("Mcp-Session-Id", open("2025-11-25"))
                .with("Mcp-Param-A", "forged")
                .with("mcp-param-b", "forged")
                .with("X-Other", "kept"));
        Map<String, String> fields = new HashMap<>();
        RequestHeaders headers = seen.get(seen.size() - 1).headers();
        headers.forEach(fields::put);
        assertThat(fields)
                .containsEntry("mcp-param-a", "=?base64?w7w=?=")
                .containsEntry("x-other", "kept")
                .doesNotContainKey("mcp-param-b");
        assertThat(headers.get("MCP-Param-A")).isEqualTo("=?base64?w7w=?=");
        assertThat(headers.get("mcp-param-b")).isNull();
    }

    @Test
    void withdrawsAQuestionThatNobodyWaitsFor() {
        TestPublisher<JsonRpc> answer = TestPublisher.create();
        core = exchange -> answer.flux();
        FakeCall call = post(open("2025-11-25"), CALL);
        answer.next(new JsonRpc.Question("roots/list", null, response -> {}));
        answer.next(JsonRpc.Success.of("{\"content\":[]}"));
        assertThat(call.streamed().events)
                .hasSize(4)
                .element(2)
                .asString()
                .contains("notifications/cancelled")
                .contains("\"requestId\"");
    }

    @Test
    void answersRequestsWithoutAUsableSession() {
        assertThat(handled(FakeCall.post(CALL)).status).isEqualTo(400);
        assertThat(rejected("not_initialized")).isEqualTo(1);
        open("2025-11-25");
        assertThat(handled(FakeCall.post(CALL)).status).isEqualTo(400);
        assertThat(rejected("session_missing")).isEqualTo(1);
        FakeCall unknown = post("00000000-0000-0000-0000-000000000000", CALL);
        assertThat(unknown.status).isEqualTo(404);
        assertThat(unknown.answer).contains("1404").contains("\"id\":1");
        assertThat(post("x".repeat(129), CALL).status).isEqualTo(400);
        assertThat(post("a\tb", CALL).status).isEqualTo(400);
        assertThat(seen).hasSize(1);
    }

    @Test
    void aDeletedSessionIsGone() {
        String session = open("2025-11-25");
        FakeCall delete = handled(FakeCall.of("DELETE", HttpCall.Endpoint.MCP).with("Mcp-Session-Id", session));
        assertThat(delete.status).isEqualTo(200);
        assertThat(post(session, CALL).status).isEqualTo(404);
        assertThat(rejected("session_gone")).isEqualTo(1);
        assertThat(told.names).containsExactly("session_use_after_expire:session");
    }

    @Test
    void servesNobodyButTheCallerWhoOpenedIt() {
        String session = open("2025-11-25");
        caller = new Caller("bob");
        assertThat(post(session, CALL).status).isEqualTo(404);
        assertThat(get(session).status).isEqualTo(404);
        assertThat(handled(FakeCall.of("DELETE", HttpCall.Endpoint.MCP).with("Mcp-Session-Id", session)).status)
                .isEqualTo(404);
        assertThat(post(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}").status)
                .isEqualTo(404);
        assertThat(told.names).hasSize(3).containsOnly("malicious_direct_reference:session");
        caller = new Caller("alice");
        assertThat(post(session, CALL).status).isEqualTo(200);
        assertThat(seen).hasSize(2);
    }

    @Test
    void nobodyElseChangesASession() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        String session = open("2025-11-25");
        core = exchange -> upstream.flux();
        post(session, CALL);
        caller = new Caller("bob");
        assertThat(post(session, CALL).status).isEqualTo(404);
        assertThat(post(
                                session,
                                "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"logging/setLevel\",\"params\":{\"level\":\"debug\"}}")
                        .status)
                .isEqualTo(404);
        assertThat(post(session, "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"no/such\"}").status)
                .isEqualTo(404);
        assertThat(post(session, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{}}").status)
                .isEqualTo(404);
        assertThat(rejected("session_not_owner")).isEqualTo(4);
        caller = new Caller("alice");
        // Her own call still has its id.
        post(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}");
        upstream.assertCancelled();
        core = exchange -> Flux.just(JsonRpc.Success.of("{\"content\":[]}"));
        post(session, CALL);
        assertThat(seen.get(seen.size() - 1).client().logLevel()).isNull();
    }

    @Test
    void holdsACallerToItsNumberOfSessions() {
        open("2025-11-25");
        open("2025-11-25");
        String third = open("2025-11-25");
        FakeCall fourth = handled(FakeCall.post(INITIALIZE.formatted("2025-11-25")));
        assertThat(fourth.status).isEqualTo(429);
        assertThat(fourth.answer).contains("1429");
        handled(FakeCall.of("DELETE", HttpCall.Endpoint.MCP).with("Mcp-Session-Id", third));
        open("2025-11-25");
    }

    @Test
    void asksTheClientOnItsStreamAndTakesTheAnswerOnce() {
        List<JsonRpc.Response> answers = new ArrayList<>();
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        core = exchange -> upstream.flux();
        String session = open("2025-11-25");
        FakeCall call = post(session, CALL);
        upstream.next(new JsonRpc.Question("elicitation/create", RawJson.of("{\"message\":\"?\"}"), answers::add));
        List<String> events = call.streamed().events;
        assertThat(events.get(0)).isEmpty();
        String asked = events.get(1);
        assertThat(asked).contains("\"method\":\"elicitation/create\"");
        String id = asked.replaceAll(".*\"id\":(\\d+).*", "$1");
        String answer = "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"action\":\"accept\"}}";
        assertThat(post(session, answer).status).isEqualTo(202);
        FakeCall again = post(session, answer);
        assertThat(again.status).isEqualTo(400);
        assertThat(rejected("response_unknown")).isEqualTo(1);
        assertThat(answers).singleElement().isInstanceOf(JsonRpc.Success.class);
        upstream.next(JsonRpc.Success.of("{}")).complete();
        assertThat(events).hasSize(3);
        assertThat(call.streamed().ended).isTrue();
    }

    @Test
    void aClientThatGoesAwayFetchesTheRestLater() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        core = exchange -> upstream.flux();
        String session = open("2025-11-25");
        FakeCall call = post(session, CALL);
        upstream.next(new JsonRpc.Notification("notifications/progress", RawJson.of("{\"progress\":1}")));
        String lastSeen = call.streamed().ids.get(1);
        call.disconnect();
        upstream.assertNotCancelled();
        upstream.next(new JsonRpc.Notification("notifications/progress", RawJson.of("{\"progress\":2}")));
        upstream.next(JsonRpc.Success.of("{\"done\":true}")).complete();
        FakeCall resumed = handled(FakeCall.of("GET", HttpCall.Endpoint.MCP)
                .with("Mcp-Session-Id", session)
                .with("Last-Event-ID", lastSeen));
        assertThat(resumed.streamed().events)
                .containsExactly(
                        "",
                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":2}}",
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"done\":true}}");
        assertThat(resumed.streamed().ended).isTrue();
    }

    @Test
    void replaysNothingOfAnotherSession() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        core = exchange -> upstream.flux();
        String first = open("2025-11-25");
        FakeCall call = post(first, CALL);
        upstream.next(new JsonRpc.Notification("notifications/progress", null));
        String second = open("2025-11-25");
        FakeCall stolen = handled(FakeCall.of("GET", HttpCall.Endpoint.MCP)
                .with("Mcp-Session-Id", second)
                .with("Last-Event-ID", call.streamed().ids.get(1)));
        assertThat(stolen.status).isEqualTo(400);
        assertThat(stolen.answer).contains("-32602");
    }

    @Test
    void cancelsByTheClientsIdAndIgnoresUnknownOnes() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        core = exchange -> upstream.flux();
        String session = open("2025-11-25");
        FakeCall call = post(session, CALL);
        String cancel = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%s}}";
        assertThat(post(session, cancel.formatted("\"1\"")).status).isEqualTo(202);
        assertThat(rejected("cancel_unknown")).isEqualTo(1);
        upstream.assertNotCancelled();
        assertThat(post(session, cancel.formatted("1")).status).isEqualTo(202);
        upstream.assertCancelled();
        assertThat(call.streamed().ended).isTrue();
    }

    @Test
    void bringsChangesOnTheGetStreamWithinItsLimit() {
        TestPublisher<JsonRpc> changes = TestPublisher.create();
        core = exchange -> changes.flux();
        String session = open("2025-11-25");
        FakeCall stream = get(session);
        changes.next(new JsonRpc.Notification("notifications/subscriptions/acknowledged", null));
        changes.next(new JsonRpc.Notification("notifications/tools/list_changed", null));
        assertThat(stream.streamed().events)
                .containsExactly("", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
        FakeCall second = get(session);
        assertThat(get(session).status).isEqualTo(429);
        stream.disconnect();
        changes.next(new JsonRpc.Notification("notifications/prompts/list_changed", null));
        assertThat(second.streamed().events)
                .contains("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/prompts/list_changed\"}");
        assertThat(seen).hasSize(2);
    }

    @Test
    void answersPingItself() {
        String session = open("2025-11-25");
        assertThat(post(session, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"}")
                        .body200())
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}");
        assertThat(seen).hasSize(1);
    }

    @Test
    void keepsTheLogLevelForTheCallsThatFollow() {
        String session = open("2025-11-25");
        post(
                session,
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"logging/setLevel\",\"params\":{\"level\":\"warning\"}}");
        post(session, CALL);
        assertThat(seen.get(2).client().logLevel()).isEqualTo("warning");
        assertThat(post(
                                session,
                                "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"logging/setLevel\",\"params\":{\"level\":\"loud\"}}")
                        .body200())
                .contains("-32602");
    }

    @Test
    void splitsABatchOf20250326AndRefusesItLater() {
        String session = open("2025-03-26");
        FakeCall batch = handled(FakeCall.post("[" + CALL + "," + CALL.replace("\"id\":1", "\"id\":2")
                        + ",{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}]")
                .with("Mcp-Session-Id", session));
        assertThat(batch.streamed().events)
                .containsExactlyInAnyOrder(
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}",
                        "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[]}}");
        assertThat(batch.streamed().ended).isTrue();
        assertThat(post(open("2025-11-25"), "[" + CALL + "]").answer).contains("-32600");
    }

    @ParameterizedTest
    @EnumSource(
            value = Refusal.Reason.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"CREDENTIAL_MISSING", "CREDENTIAL_INVALID", "DENIED", "SESSION_NOT_FOUND"})
    void aRefusedCallIsAnErrorAndNoBrokenConnection(Refusal.Reason reason) {
        core = exchange -> Flux.error(new Refusal(reason, "no", Duration.ofMillis(1_500)));
        FakeCall call = post(open("2025-11-25"), CALL);
        assertThat(call.status).isEqualTo(200);
        assertThat(call.answerFields).isEmpty();
        assertThat(call.answer)
                .startsWith("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":")
                .contains("\"message\":\"no\"")
                .contains("\"retryAfterMs\":1500");
    }

    @ParameterizedTest
    @CsvSource({"CREDENTIAL_MISSING, 401", "CREDENTIAL_INVALID, 401", "DENIED, 403", "SESSION_NOT_FOUND, 404"})
    void whatConcernsTheSessionOrItsCallerHasItsStatus(Refusal.Reason reason, int status) {
        core = exchange -> Flux.error(new Refusal(reason, "no"));
        FakeCall call = post(open("2025-11-25"), CALL);
        assertThat(call.status).isEqualTo(status);
        assertThat(call.answer).contains("\"id\":1").contains("\"code\":1" + status);
    }

    @Test
    void aRefusedInitializeHasItsStatus() {
        discovered = () -> Flux.error(new Refusal(Refusal.Reason.OVERLOADED, "full", Duration.ofSeconds(2)));
        FakeCall call = handled(FakeCall.post(INITIALIZE.formatted("2025-11-25")));
        assertThat(call.status).isEqualTo(503);
        assertThat(call.answerFields).containsExactly("Retry-After", "2");
        assertThat(call.answer).contains("\"id\":0").contains("\"code\":1503");
    }

    @Test
    void oneRequestOfABatchIsRefusedAndTheOthersAreNot() {
        core = exchange -> exchange.message() instanceof JsonRpc.Request request
                        && request.id().equals(RequestId.of(2))
                ? Flux.error(new Refusal(Refusal.Reason.OVERLOADED, "busy", Duration.ofSeconds(2)))
                : Flux.just(JsonRpc.Success.of("{\"content\":[]}"));
        FakeCall batch = handled(FakeCall.post("[" + CALL + "," + CALL.replace("\"id\":1", "\"id\":2") + ","
                        + CALL.replace("\"id\":1", "\"id\":3") + "]")
                .with("Mcp-Session-Id", open("2025-03-26")));
        assertThat(batch.streamed().events)
                .containsExactlyInAnyOrder(
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}",
                        "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":1503,\"message\":\"busy\","
                                + "\"data\":{\"retryAfterMs\":2000}}}",
                        "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"content\":[]}}");
        assertThat(batch.streamed().ended).isTrue();
    }

    /** A refusal needs the id, which is in the body; without a session there is nothing to break. */
    @Test
    void aSessionsCallIsNotRefusedByItsHead() {
        early = new Refusal(Refusal.Reason.OVERLOADED, "busy", Duration.ofSeconds(2));
        FakeCall call = FakeCall.post(CALL).with("Mcp-Session-Id", "any").with("MCP-Protocol-Version", "2025-11-25");
        assertThat(dialects.refuses(call)).isNull();
        assertThat(dialects.refuses(FakeCall.post(HttpCall.Endpoint.MESSAGES, "sessionId=any", CALL)))
                .isNull();
        assertThat(dialects.refuses(FakeCall.post(INITIALIZE.formatted("2025-11-25"))))
                .isSameAs(early);
        FakeCall modern = FakeCall.post(CALL).with("Mcp-Session-Id", "any").with("MCP-Protocol-Version", "2026-07-28");
        assertThat(dialects.refuses(modern)).isSameAs(early);

        early = new Refusal(Refusal.Reason.CREDENTIAL_MISSING, "who are you?");
        assertThat(dialects.refuses(call)).isSameAs(early);
    }

    @Test
    void speaksHttpSseToOldClients() {
        FakeCall stream = handled(FakeCall.of("GET", HttpCall.Endpoint.SSE));
        String endpoint = stream.streamed().data(0);
        assertThat(endpoint).startsWith("endpoint:messages?sessionId=");
        String query = endpoint.substring(endpoint.indexOf('?') + 1);
        FakeCall initialize =
                handled(FakeCall.post(HttpCall.Endpoint.MESSAGES, query, INITIALIZE.formatted("2024-11-05")));
        assertThat(initialize.status).isEqualTo(202);
        handled(FakeCall.post(HttpCall.Endpoint.MESSAGES, query, CALL));
        assertThat(stream.streamed().events).hasSize(3);
        assertThat(stream.streamed().data(1)).contains("\"protocolVersion\":\"2024-11-05\"");
        assertThat(stream.streamed().data(2)).isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}");
        stream.disconnect();
        assertThat(handled(FakeCall.post(HttpCall.Endpoint.MESSAGES, query, CALL)).status)
                .isEqualTo(404);
        assertThat(sessions.count()).isZero();
    }

    @Test
    void answersAnOldClientThatPostsAsSoonAsItKnowsWhere() {
        FakeCall call = FakeCall.of("GET", HttpCall.Endpoint.SSE);
        call.reader = endpoint -> handled(FakeCall.post(
                HttpCall.Endpoint.MESSAGES,
                endpoint.substring(endpoint.indexOf('?') + 1),
                INITIALIZE.formatted("2024-11-05")));
        assertThat(handled(call).streamed().data(1)).contains("\"protocolVersion\":\"2024-11-05\"");
    }

    @Test
    void duplicateIdsAreServed() {
        TestPublisher<JsonRpc> upstream = TestPublisher.createCold();
        core = exchange -> Flux.<JsonRpc>never().mergeWith(upstream.flux());
        String session = open("2025-11-25");
        post(session, CALL);
        core = exchange -> Flux.just(JsonRpc.Success.of("{\"second\":true}"));
        assertThat(post(session, CALL).body200()).contains("second");
        assertThat(meters.counter("headgate.duplicate.inflight.ids").count()).isEqualTo(1);
    }
}
