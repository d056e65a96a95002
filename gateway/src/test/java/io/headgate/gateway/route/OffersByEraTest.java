package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** A server that speaks both eras, and shows to clients with a session something else than to the others. */
class OffersByEraTest {
    private final Fleet fleet = new Fleet();
    private final FakeUpstream upstream = fleet.add("u1").tool("both").tool("newer");
    private final FakeUpstream older = new FakeUpstream("u1").tool("both");

    @BeforeEach
    void start() {
        upstream.older = older;
        upstream.keepsSessions = true;
        upstream.capabilities = "{\"tools\":{}}";
        older.capabilities = "{\"tools\":{},\"logging\":{}}";
        older.tools.add(
                "{\"name\":\"older\",\"inputSchema\":{\"type\":\"object\"},\"annotations\":{\"readOnlyHint\":true}}");
        older.tools.add("{\"name\":\"list\",\"inputSchema\":{\"type\":\"object\"},"
                + "\"outputSchema\":{\"type\":\"object\",\"properties\":{\"result\":{\"type\":\"array\"}}}}");
        upstream.tools.add(
                "{\"name\":\"list\",\"inputSchema\":{\"type\":\"object\"},\"outputSchema\":{\"type\":\"array\"}}");
        fleet.add("u2").tool("other");
        fleet.start();
    }

    private static Exchange ofSession(String method, String params) {
        return Fleet.inSession(Fleet.legacy(method, params));
    }

    private RawJson answer(Exchange exchange) {
        return Fleet.result(fleet.router.handle(exchange));
    }

    private List<String> tools(Exchange exchange) {
        RawJson tools = answer(exchange).get("tools");
        return tools == null
                ? List.of()
                : tools.elements().stream()
                        .map(tool -> String.valueOf(tool.getString("name")))
                        .toList();
    }

    @Test
    void eachClientSeesWhatTheServerShowsToItsKind() {
        assertThat(tools(ofSession(Methods.TOOLS_LIST, "{}")))
                .containsExactly("u1__both", "u1__older", "u1__list", "u2__other");
        assertThat(tools(Fleet.exchange("", Methods.TOOLS_LIST, "{}")))
                .containsExactly("u1__both", "u1__newer", "u1__list", "u2__other");
        assertThat(tools(Fleet.exchange("u1", Methods.TOOLS_LIST, "{}"))).containsExactly("both", "newer", "list");
        assertThat(Fleet.at(answer(ofSession(Methods.DISCOVER, "{}")), "capabilities", "logging"))
                .isNotNull();
        assertThat(Fleet.at(answer(Fleet.exchange("", Methods.DISCOVER, "{}")), "capabilities", "logging"))
                .isNull();
    }

    @Test
    void eachClientCallsWhatItSees() {
        String call = "{\"name\":\"u1__older\",\"arguments\":{}}";
        answer(ofSession(Methods.TOOLS_CALL, call));
        assertThat(upstream.calls)
                .extracting(exchange -> exchange.target().name())
                .containsExactly("older");
        assertThat(fleet.refusal(Methods.TOOLS_CALL, call).text()).isEqualTo("Unknown tool: u1__older");
        assertThat(fleet.refusal(ofSession(Methods.TOOLS_CALL, "{\"name\":\"u1__newer\"}"))
                        .text())
                .isEqualTo("Unknown tool: u1__newer");
    }

    @Test
    void filtersKnowTheNamesThatTheClientSees() {
        Resolved newer = route("u1__newer", /* hasSession= */ false);
        assertThat(newer.server()).isEqualTo("u1");
        assertThat(newer.tool()).isEqualTo("u1__newer");
        Resolved older = route("u1__older", /* hasSession= */ true);
        assertThat(older.server()).isEqualTo("u1");
        assertThat(older.tool()).isEqualTo("u1__older");
        assertThat(older.hints().readOnly()).isTrue();
        assertThat(route("u1__older", /* hasSession= */ false).tool()).isEmpty();
        assertThat(route("u1__newer", /* hasSession= */ true).tool()).isEmpty();
        assertThat(route("u1__none", /* hasSession= */ false).tool()).isEmpty();
    }

    private Resolved route(String tool, boolean hasSession) {
        return fleet.keeper.resolve(new Target("", Target.Kind.TOOL, tool), hasSession);
    }

    @Test
    void aListThatChangesForOneKindIsAChange() {
        Exchange listen =
                Fleet.inSession(Fleet.exchange("", Methods.LISTEN, "{\"notifications\":{\"toolsListChanged\":true}}"));
        Flux<JsonRpc> heard = fleet.router.handle(listen).skip(1);
        StepVerifier.create(heard)
                .then(() -> older.tool("fresh"))
                .then(() -> fleet.pass(Duration.ofMinutes(6)))
                .expectNext(new JsonRpc.Notification(Methods.TOOLS_CHANGED, null))
                .thenCancel()
                .verify(Fleet.BOUND);
        assertThat(tools(ofSession(Methods.TOOLS_LIST, "{}"))).contains("u1__fresh");
    }

    @Test
    void whatTheServerWrappedItselfIsNotWrappedAgain() {
        upstream.answering("{\"content\":[],\"structuredContent\":{\"result\":[7]}}");
        RawJson result = answer(ofSession(Methods.TOOLS_CALL, "{\"name\":\"u1__list\",\"arguments\":{}}"));
        assertThat(result.get("structuredContent")).hasToString("{\"result\":[7]}");
    }

    @Test
    void aSessionSubscribesInItsOwnEra() {
        answer(ofSession(Methods.RESOURCES_SUBSCRIBE, "{\"uri\":\"u1+x:1\"}"));
        assertThat(upstream.calls).extracting(Exchange::method).containsExactly(Methods.RESOURCES_SUBSCRIBE);
        assertThat(upstream.listens).isEmpty();
    }
}
