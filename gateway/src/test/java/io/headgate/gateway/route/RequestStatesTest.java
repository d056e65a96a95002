package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RequestStatesTest {
    private static final String INNER = "state \"1\" é";

    private final Fleet fleet = new Fleet();
    private final FakeUpstream upstream = fleet.add("u1").tool("pay").tool("echo");

    @BeforeEach
    void asksForMoreInput() {
        upstream.answering("{ \"resultType\":\"input_required\",\"inputRequests\":{\"k\":{\"method\":\"roots/list\"}},"
                + "\"requestState\" : " + JsonStrings.quote(INNER) + ",\"x\":1.0}");
        fleet.start();
    }

    @Test
    void sealsTheStateAndGivesItBackToTheServer() {
        RawJson result = fleet.ask(Methods.TOOLS_CALL, "{\"name\":\"u1__pay\",\"arguments\":{\"amount\":1}}");
        String sealed = String.valueOf(result.getString("requestState"));
        assertThat(sealed).doesNotContain("state");
        assertThat(result)
                .hasToString(
                        "{ \"resultType\":\"input_required\",\"inputRequests\":{\"k\":{\"method\":\"roots/list\"}},"
                                + "\"requestState\" : \"" + sealed + "\",\"x\":1.0}");
        upstream.calls.clear();
        fleet.ask(
                Methods.TOOLS_CALL,
                "{\"requestState\":\"" + sealed + "\",\"inputResponses\":{\"k\":{ }},\"name\":\"u1__pay\","
                        + "\"arguments\":{\"amount\":1}}");
        Exchange there = upstream.calls.get(0);
        assertThat(there.target().name()).isEqualTo("pay");
        assertThat(there.message().envelope().string(Member.REQUEST_STATE)).isEqualTo(INNER);
        assertThat(there.message().envelope().params())
                .hasToString("{\"requestState\":" + JsonStrings.quote(INNER)
                        + ",\"inputResponses\":{\"k\":{ }},\"name\":\"u1__pay\",\"arguments\":{\"amount\":1}}");
    }

    @Test
    void endsARequestWhoseServerAlwaysAsksAgain() {
        String state = sealedFor("u1__pay", "{}");
        for (int calls = 2; calls < 10; calls++) {
            RawJson result = Fleet.result(fleet.router.handle(call("u1__pay", "{}", state)));
            state = String.valueOf(result.getString("requestState"));
        }
        upstream.calls.clear();

        Refusal refusal = fleet.refusal(call("u1__pay", "{}", state));

        assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_PROTOCOL);
        assertThat(refusal.text()).isEqualTo("The server asked for input 10 times (expected: a result by then)");
        assertThat(upstream.calls).hasSize(1);
        assertThat(fleet.meters
                        .counter("headgate.upstream.faults", "upstream", "u1", "reason", "mrtr_rounds")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void isBoundToCallerTargetArgumentsMethodAndTime() {
        String sealed = sealedFor("u1__pay", "{\"amount\":1}");
        Exchange good = call("u1__pay", "{\"amount\":1}", sealed);
        assertThat(fleet.router.handle(good).blockLast(Fleet.BOUND)).isNotNull();
        assertRefused(good.withCaller(new Caller("bob")), "not given for this request");
        assertRefused(call("u1__echo", "{\"amount\":1}", sealed), "not given for this request");
        assertRefused(call("u1__pay", "{\"amount\":1000000}", sealed), "not given for this request");
        assertRefused(
                Fleet.exchange("", Methods.TOOLS_CALL, "{\"name\":\"u1__pay\",\"requestState\":\"" + sealed + "\"}"),
                "not given for this request");
        assertRefused(
                Fleet.exchange(
                        "u1",
                        Methods.TOOLS_CALL,
                        "{\"name\":\"pay\",\"arguments\":{\"amount\":1},\"requestState\":\"" + sealed + "\"}"),
                "not given for this request");
        assertRefused(call("u1__pay", "{\"amount\":1}", INNER.substring(0, 5)), "not given for this request");
        fleet.pass(Duration.ofMinutes(11));
        upstream.calls.clear();
        assertRefused(good, "expired; make the request again without it");
        assertThat(upstream.calls).isEmpty();
        assertThat(counted("request_state")).isEqualTo(6);
        assertThat(counted("request_state_expired")).isEqualTo(1);
    }

    @Test
    void refusesStatesThatAreTooLongOrNoStrings() {
        assertRefused(call("u1__pay", "{}", "A".repeat(64 * 1024 + 1)), "not a string of at most 65536 characters");
        assertRefused(
                Fleet.exchange("", Methods.TOOLS_CALL, "{\"name\":\"u1__pay\",\"requestState\":null}"),
                "not a string of at most 65536 characters");
        assertThat(upstream.calls).isEmpty();
    }

    @Test
    void doesNotGiveOutAStateThatItWouldRefuse() {
        upstream.answering("{\"resultType\":\"input_required\",\"requestState\":\"" + "x".repeat(60_000) + "\"}");
        Refusal refusal = fleet.refusal(call("u1__pay", "{}", null));
        assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_TOO_LARGE);
    }

    private String sealedFor(String tool, String arguments) {
        RawJson result = Fleet.result(fleet.router.handle(call(tool, arguments, null)));
        return String.valueOf(result.getString("requestState"));
    }

    private static Exchange call(String tool, String arguments, @Nullable String state) {
        return Fleet.exchange(
                "",
                Methods.TOOLS_CALL,
                "{\"name\":\"" + tool + "\",\"arguments\":" + arguments
                        + (state == null ? "" : ",\"requestState\":" + JsonStrings.quote(state)) + "}");
    }

    private void assertRefused(Exchange exchange, String text) {
        Refusal refusal = fleet.refusal(exchange);
        assertThat(refusal.reason()).isEqualTo(Reason.INVALID_PARAMS);
        assertThat(refusal.text()).isEqualTo("requestState: " + text);
    }

    private double counted(String reason) {
        return fleet.meters.counter("headgate.mcp.rejected", "reason", reason).count();
    }
}
