package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.gateway.route.catalog.Dropped;
import io.headgate.gateway.route.catalog.ItemKind;
import io.headgate.gateway.route.catalog.View;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UserInterfaceTest {
    private static final String SHOWS = "{\"extensions\":{\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[\"x\"]}}}";
    private static final String BOTH = "{\"ui\":{\"resourceUri\":\"ui://x/y\",\"visibility\":[ \"model\",\"app\" ]},"
            + "\"ui/resourceUri\":\"ui://x/y\",\"k\":\"ui://x/y\"}";

    private final Fleet fleet = new Fleet();

    @ParameterizedTest
    @ValueSource(strings = {"2026-07-28", "2025-11-25", "2025-06-18"})
    void renamesTheUriInBothPlacesAndNothingElse(String version) {
        tool(fleet.add("u1"), "t", BOTH);
        fleet.start();
        assertThat(list("", version, SHOWS))
                .endsWith("\"tools\":[{\"name\":\"u1__t\",\"inputSchema\":{},\"_meta\":"
                        + "{\"ui\":{\"resourceUri\":\"ui://u1+x/y\",\"visibility\":[ \"model\",\"app\" ]},"
                        + "\"ui/resourceUri\":\"ui://u1+x/y\",\"k\":\"ui://x/y\"}}]}");
        assertThat(list("u1", version, SHOWS))
                .endsWith("\"tools\":[{\"name\":\"t\",\"inputSchema\":{},\"_meta\":" + BOTH + "}]}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"extensions\":{}}",
                "{\"extensions\":{\"io.modelcontextprotocol/ui\":true}}",
                "{\"extensions\":7,\"io.modelcontextprotocol/ui\":{}}"
            })
    void showsTheToolWithoutItsInterfaceToWhoDidNotDeclareTheExtension(String capabilities) {
        tool(fleet.add("u1"), "t", BOTH);
        fleet.start();
        assertThat(list("", "2026-07-28", capabilities))
                .endsWith("\"tools\":[{\"name\":\"u1__t\",\"inputSchema\":{},\"_meta\":{\"k\":\"ui://x/y\"}}]}");
        assertThat(list("u1", "2025-11-25", capabilities))
                .endsWith("\"tools\":[{\"name\":\"t\",\"inputSchema\":{},\"_meta\":{\"k\":\"ui://x/y\"}}]}");
        fleet.ask(Methods.TOOLS_CALL, "{\"name\":\"u1__t\"}");
        assertThat(fleet.upstream("u1").calls).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"ui/resourceUri\":\"ui://x\",\"k\":1} | {\"k\":1}",
                "{\"k\":1,\"\\u0075i\":{\"resourceUri\":\"ui://x\"}} | {\"k\":1}",
                "{\"a\":1, \"ui\\/resourceUri\":\"ui://x\", \"b\":2} | {\"a\":1, \"b\":2}",
                "{\"ui\":7,\"ui/resourceUri\":[]} | {}",
                "{\"ui\":{\"visibility\":\"app\"}} | {}"
            })
    void leavesOutWhatHasAnInterfaceHoweverItIsWritten(String before, String after) {
        tool(fleet.add("u1"), "t", before);
        fleet.start();
        assertThat(list("", "2026-07-28", "{}"))
                .endsWith("\"tools\":[{\"name\":\"u1__t\",\"inputSchema\":{},\"_meta\":" + after + "}]}");
    }

    @Test
    void hidesToolsThatOnlyAnInterfaceCalls() {
        FakeUpstream first = fleet.add("u1").tool("a");
        tool(first, "hidden", "{\"ui\":{\"visibility\":[\"app\"]}}");
        tool(first, "shown", "{\"ui\":{\"visibility\":[\"app\",\"model\"]}}");
        fleet.add("u2").tool("b");
        tool(fleet.add("u3"), "nobody", "{\"ui\":{\"visibility\":[]}}");
        fleet.pageSize = new PageSize(1, 1 << 20);
        fleet.start();
        assertThat(allPages("{}")).isEqualTo("u1__a u1__shown u2__b ");
        assertThat(allPages(SHOWS)).isEqualTo("u1__a u1__hidden u1__shown u2__b u3__nobody ");
    }

    @Test
    void aListWithoutInterfacesIsTheSameForAll() {
        fleet.add("u1").tool("a").resource("ui://a");
        fleet.start();
        View view = Objects.requireNonNull(
                fleet.route(Fleet.exchange("", Methods.TOOLS_LIST, "{}")).view());
        assertThat(view.items(ItemKind.TOOL).text()).isSameAs(view.items(ItemKind.TOOL));
        assertThat(view.items(ItemKind.RESOURCE).text()).isSameAs(view.items(ItemKind.RESOURCE));
    }

    @Test
    void readsInterfacesThatNobodyListsAtTheirOwners() {
        fleet.add("u1");
        tool(fleet.add("u2", ""), "t2", "{\"ui\":{\"resourceUri\":\"ui://v/2\"}}");
        tool(fleet.add("u3", ""), "t3", "{\"ui/resourceUri\":\"ui://v/3\"}");
        fleet.upstream("u3").template("ui://w/{id}");
        fleet.start();
        assertReadAt("u1", "ui://u1+any/where?x#y", "ui://any/where?x#y");
        assertReadAt("u2", "ui://v/2", "ui://v/2");
        assertReadAt("u3", "ui://v/3", "ui://v/3");
        assertReadAt("u3", "ui://w/9", "ui://w/9");
        assertThat(fleet.refusal(Methods.RESOURCES_READ, "{\"uri\":\"ui://v/4\"}")
                        .text())
                .isEqualTo("Resource not found: ui://v/4");
        assertThat(fleet.refusal(Methods.RESOURCES_READ, "{\"uri\":\"ui://u9+x\"}")
                        .text())
                .isEqualTo("Resource not found: ui://u9+x");
    }

    @Test
    void passesWhatProtectsTheClientByteForByte() {
        String meta =
                "\"_meta\":{\"ui\":{\"csp\":{\"connectDomains\":[ ],\"resourceDomains\":[\"https:\\/\\/c.example\"],"
                        + "\"uri\":\"ui://x\"},\"permissions\":{\"camera\":{} },\"domain\":\"d\",\"prefersBorder\":true}}";
        fleet.add("u1")
                .answering(
                        "{\"contents\":[{\"uri\":\"ui://x/y\",\"mimeType\":\"text/html;profile=mcp-app\",\"text\":\"<a "
                                + "href='ui://x/y'>\"," + meta + "}]}");
        fleet.start();
        assertThat(fleet.ask(Methods.RESOURCES_READ, "{\"uri\":\"ui://u1+x/y\"}"))
                .hasToString("{\"contents\":[{\"uri\":\"ui://u1+x/y\",\"mimeType\":\"text/html;profile=mcp-app\","
                        + "\"text\":\"<a href='ui://x/y'>\"," + meta + "}]}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"ui\":{\"resourceUri\":\"ui://u1+x\"}}",
                "{\"ui/resourceUri\":\"ui://u1+x\"}",
                "{\"ui\":{\"resourceUri\":\"ui://own\"},\"ui/resourceUri\":\"u1+file:///x\"}"
            })
    void aToolMustNotShowAnotherServersInterface(String meta) {
        fleet.add("u1").tool("a");
        tool(fleet.add("u2", ""), "t", meta);
        fleet.start();
        assertThat(fleet.tools()).containsExactly("u1__a");
        assertThat(fleet.keeper.states().get(1).dropped()).containsExactly(new Dropped("tool", "t", "prefix_forgery"));
    }

    @Test
    void aPrefixedServersInterfaceIsItsOwnWhateverItSays() {
        fleet.add("u1");
        tool(fleet.add("u2"), "t", "{\"ui\":{\"resourceUri\":\"ui://u1+x\"}}");
        fleet.start();
        assertThat(list("", "2026-07-28", SHOWS)).contains("\"ui://u2+u1+x\"");
        assertReadAt("u2", "ui://u2+u1+x", "ui://u1+x");
    }

    private static void tool(FakeUpstream upstream, String name, String meta) {
        upstream.tools.add("{\"name\":\"" + name + "\",\"inputSchema\":{},\"_meta\":" + meta + "}");
    }

    private String list(String server, String version, String capabilities) {
        return Fleet.result(fleet.router.handle(
                        Fleet.from(Fleet.exchange(server, Methods.TOOLS_LIST, "{}"), version, capabilities)))
                .toString();
    }

    private String allPages(String capabilities) {
        StringBuilder names = new StringBuilder();
        @Nullable String cursor = null;
        do {
            String params = cursor == null ? "{}" : "{\"cursor\":" + JsonStrings.quote(cursor) + "}";
            RawJson page = Fleet.result(fleet.router.handle(
                    Fleet.from(Fleet.exchange("", Methods.TOOLS_LIST, params), "2026-07-28", capabilities)));
            Fleet.keys(page, ItemKind.TOOL).forEach(name -> names.append(name).append(' '));
            cursor = page.getString("nextCursor");
        } while (cursor != null);
        return names.toString();
    }

    private void assertReadAt(String server, String uri, String bare) {
        FakeUpstream upstream = fleet.upstream(server);
        upstream.calls.clear();
        fleet.ask(Methods.RESOURCES_READ, "{\"uri\":" + JsonStrings.quote(uri) + "}");
        assertThat(upstream.calls)
                .extracting(Exchange::target)
                .extracting("name")
                .containsExactly(bare);
    }
}
