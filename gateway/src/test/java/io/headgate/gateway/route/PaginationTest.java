package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.route.catalog.ItemKind;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

class PaginationTest {
    private final Fleet fleet = new Fleet();

    @Test
    void fiveThousandToolsOfTwentyServersAreAllListedOnce() {
        List<String> expected = new ArrayList<>();
        for (int server = 0; server < 20; server++) {
            FakeUpstream upstream = fleet.add("s" + server);
            for (int tool = 0; tool < 250; tool++) {
                upstream.tool("t" + (tool * 7919 % 250));
                expected.add("s" + server + "__t" + (tool * 7919 % 250));
            }
        }
        fleet.pageSize = new PageSize(170, 1 << 20);
        fleet.start();
        assertThat(pages(page -> {})).containsExactlyElementsOf(expected);
        assertThat(pages(page -> {})).containsExactlyElementsOf(expected);
    }

    @Test
    void aPageIsBoundedInBytesAndHoldsOneItemAtLeast() {
        FakeUpstream upstream = fleet.add("u1");
        for (int i = 0; i < 10; i++) {
            upstream.tools.add("{\"name\":\"t" + i + "\",\"inputSchema\":{},\"d\":\"" + "x".repeat(400) + "\"}");
        }
        fleet.pageSize = new PageSize(250, 1_000);
        fleet.start();
        assertThat(Fleet.keys(fleet.ask(Methods.TOOLS_LIST, "{}"), ItemKind.TOOL))
                .hasSize(2);
        assertThat(pages(page -> {})).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void losesNothingThatStaysWhenAServerChangesBetweenPages() {
        FakeUpstream first = fleet.add("u1");
        FakeUpstream second = fleet.add("u2");
        for (int i = 0; i < 10; i++) {
            first.tool("a" + i);
            second.tool("b" + i);
        }
        fleet.pageSize = new PageSize(4, 1 << 20);
        fleet.start();
        List<String> seen = pages(page -> {
            if (page == 1) {
                // The items on both sides of the first page's end move, and one after it goes.
                first.tools.remove(1);
                first.tools.remove(4);
                second.tools.remove(0);
                first.signal(Methods.TOOLS_CHANGED);
                second.signal(Methods.TOOLS_CHANGED);
                fleet.pass(Duration.ofSeconds(1));
            }
        });
        assertThat(seen).doesNotHaveDuplicates().contains("u1__a4", "u1__a6", "u1__a9", "u2__b1", "u2__b9");
        assertThat(seen).hasSize(4 + 5 + 9);
    }

    @Test
    void beginsAfterTheLastItemIfTheNextIsGone() {
        FakeUpstream upstream = fleet.add("u1").tool("a").tool("b").tool("c");
        fleet.pageSize = new PageSize(1, 1 << 20);
        fleet.start();
        String cursor = cursor(fleet.ask(Methods.TOOLS_LIST, "{}"));
        upstream.tools.remove(1);
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofSeconds(1));
        assertThat(Fleet.keys(fleet.ask(Methods.TOOLS_LIST, params(cursor)), ItemKind.TOOL))
                .containsExactly("u1__c");
    }

    @Test
    void beginsWithTheServerIfBothNeighboursAreGone() {
        FakeUpstream upstream = fleet.add("u1").tool("a").tool("b").tool("c");
        fleet.pageSize = new PageSize(1, 1 << 20);
        fleet.start();
        String cursor = cursor(fleet.ask(Methods.TOOLS_LIST, "{}"));
        upstream.tools.remove(0);
        upstream.tools.remove(0);
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofSeconds(1));
        assertThat(Fleet.keys(fleet.ask(Methods.TOOLS_LIST, params(cursor)), ItemKind.TOOL))
                .containsExactly("u1__c");
    }

    @Test
    void refusesCursorsThatAreNotItsOwn() {
        fleet.add("u1").tool("a").tool("b").resource("x:1").resource("x:2");
        fleet.pageSize = new PageSize(1, 1 << 20);
        fleet.start();
        String cursor = cursor(fleet.ask(Methods.TOOLS_LIST, "{}"));
        Exchange request = Fleet.exchange("", Methods.TOOLS_LIST, params(cursor));
        assertThat(fleet.router.handle(request).blockLast(Fleet.BOUND)).isNotNull();
        assertThat(fleet.refusal(request.withCaller(new Caller("bob"))).reason())
                .isEqualTo(Reason.UNKNOWN_NAME);
        assertThat(fleet.refusal(Methods.RESOURCES_LIST, params(cursor)).reason())
                .isEqualTo(Reason.UNKNOWN_NAME);
        assertThat(fleet.refusal(Fleet.exchange("u1", Methods.TOOLS_LIST, params(cursor)))
                        .reason())
                .isEqualTo(Reason.UNKNOWN_NAME);
        assertThat(fleet.refusal(Methods.TOOLS_LIST, params("AAAA")).reason()).isEqualTo(Reason.UNKNOWN_NAME);
        assertThat(fleet.refusal(Methods.TOOLS_LIST, params("")).reason()).isEqualTo(Reason.UNKNOWN_NAME);
        assertThat(fleet.refusal(Methods.TOOLS_LIST, "{\"cursor\":7}").reason()).isEqualTo(Reason.INVALID_PARAMS);
        assertThat(fleet.refusal(Methods.TOOLS_LIST, "{\"cursor\":null}").reason())
                .isEqualTo(Reason.INVALID_PARAMS);
        fleet.pass(Duration.ofMinutes(61));
        Refusal expired = fleet.refusal(Methods.TOOLS_LIST, params(cursor));
        assertThat(expired.reason()).isEqualTo(Reason.UNKNOWN_NAME);
        assertThat(fleet.meters
                        .counter("headgate.mcp.rejected", "reason", "cursor")
                        .count())
                .isEqualTo(8);
    }

    private List<String> pages(IntConsumer afterPage) {
        List<String> all = new ArrayList<>();
        RawJson page = fleet.ask(Methods.TOOLS_LIST, "{}");
        for (int number = 1; ; number++) {
            all.addAll(Fleet.keys(page, ItemKind.TOOL));
            String cursor = page.getString("nextCursor");
            if (cursor == null) {
                return all;
            }
            afterPage.accept(number);
            page = fleet.ask(Methods.TOOLS_LIST, params(cursor));
        }
    }

    private static String cursor(RawJson page) {
        String cursor = page.getString("nextCursor");
        assertThat(cursor).isNotNull();
        return String.valueOf(cursor);
    }

    private static String params(String cursor) {
        return "{\"cursor\":" + JsonStrings.quote(cursor) + "}";
    }
}
