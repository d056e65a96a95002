package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Refusal;
import io.headgate.filter.ToolHints;
import io.headgate.gateway.route.catalog.Dropped;
import io.headgate.gateway.route.catalog.ItemKind;
import io.headgate.gateway.upstream.Trouble;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

class CatalogTest {
    private final Fleet fleet = new Fleet();

    @Test
    void listsServersInOrderAndItemsInTheirServersOrder() {
        fleet.add("u2").tool("z").tool("a");
        fleet.add("u1").tool("m");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("u2__z", "u2__a", "u1__m");
    }

    @Test
    void oneServersDoorShowsBareNames() {
        fleet.add("u1").tool("echo").resource("file:///a");
        fleet.add("u2").tool("other");
        fleet.start();
        assertThat(Fleet.keys(fleet.ask("u1", Methods.TOOLS_LIST, "{}"), ItemKind.TOOL))
                .containsExactly("echo");
        assertThat(Fleet.keys(fleet.ask("u1", Methods.RESOURCES_LIST, "{}"), ItemKind.RESOURCE))
                .containsExactly("file:///a");
        assertThat(fleet.keeper.servers().knows("u1")).isTrue();
        assertThat(fleet.keeper.servers().knows("u3")).isFalse();
    }

    @Test
    void keepsEveryByteButTheName() {
        String before = "{ \"title\" : \"T\\u00e9\" ,\"name\":\"";
        String after = "\", \"inputSchema\":{\"$schema\":\"x\",\"$defs\":{\"a\":{\"$anchor\":\"q\"}},"
                + "\"type\":\"object\",\"properties\":{\"n\":{\"default\":1.50e+2}}},\"unknown\":[1,  2]}";
        fleet.add("u1").tools.add(before + "ec\\u0068o" + after);
        fleet.start();
        assertThat(fleet.ask(Methods.TOOLS_LIST, "{}").toString()).contains("[" + before + "u1__echo" + after + "]");
        assertThat(fleet.ask("u1", Methods.TOOLS_LIST, "{}").toString())
                .contains("[" + before + "ec\\u0068o" + after + "]");
    }

    @Test
    void tellsWhatAServerSaysOfItsTools() {
        fleet.add("u1")
                .tool("plain")
                .tools
                .add("{\"name\":\"read\",\"inputSchema\":{},\"annotations\":{\"readOnlyHint\":true}}");
        fleet.start();
        assertThat(hints("", "u1__read").readOnly()).isTrue();
        assertThat(hints("u1", "read").readOnly()).isTrue();
        assertThat(hints("", "u1__plain")).isEqualTo(ToolHints.NONE);
        assertThat(hints("", "read")).isEqualTo(ToolHints.NONE);
        assertThat(hints("u2", "read")).isEqualTo(ToolHints.NONE);
        assertThat(fleet.route(Fleet.exchange("", Methods.PROMPTS_GET, "{\"name\":\"u1__read\"}"))
                        .hints())
                .isEqualTo(ToolHints.NONE);
    }

    private ToolHints hints(String server, String tool) {
        return fleet.route(Fleet.exchange(server, Methods.TOOLS_CALL, "{\"name\":\"" + tool + "\",\"arguments\":{}}"))
                .hints();
    }

    @Test
    void leavesOutHowToolsWorkWithTasksOfSessionsAndToolsThatNeedThem() {
        FakeUpstream upstream = fleet.add("u1");
        upstream.capabilities = "{\"tools\":{},\"tasks\":{\"requests\":{\"tools\":{\"call\":{}}}}}";
        upstream.tools.add("{\"name\":\"a\",\"execution\":{\"taskSupport\":\"optional\"},\"inputSchema\":{}}");
        upstream.tools.add("{\"name\":\"b\",\"inputSchema\":{},\"execution\":{\"taskSupport\":\"required\"}}");
        // Where a server cannot run calls as tasks, what its tools say of it means nothing.
        fleet.add("u2").tools.add("{\"name\":\"c\",\"inputSchema\":{},\"execution\":{\"taskSupport\":\"required\"}}");
        fleet.start();
        assertThat(fleet.ask(Methods.TOOLS_LIST, "{}").toString())
                .endsWith(
                        "\"tools\":[{\"name\":\"u1__a\",\"inputSchema\":{}},{\"name\":\"u2__c\",\"inputSchema\":{}}]}");
        assertThat(fleet.ask("u1", Methods.TOOLS_LIST, "{}").toString())
                .endsWith("\"tools\":[{\"name\":\"a\",\"inputSchema\":{}}]}");
        assertThat(fleet.keeper.states().get(0).dropped()).containsExactly(new Dropped("tool", "b", "task_required"));
    }

    @Test
    void renamesUrisAndTemplates() {
        fleet.add("u1").resource("file:///a").resource("ui://v/w").template("db://{table}");
        fleet.start();
        assertThat(Fleet.keys(fleet.ask(Methods.RESOURCES_LIST, "{}"), ItemKind.RESOURCE))
                .containsExactly("u1+file:///a", "ui://u1+v/w");
        assertThat(Fleet.keys(fleet.ask(Methods.RESOURCE_TEMPLATES_LIST, "{}"), ItemKind.TEMPLATE))
                .containsExactly("u1+db://{table}");
    }

    @Test
    void theFirstOfTwoUnprefixedServersKeepsAName() {
        fleet.add("u1", "").tool("echo");
        fleet.add("u2", "").tool("echo").tool("own");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("echo", "own");
        fleet.ask(Methods.TOOLS_CALL, "{\"name\":\"echo\"}");
        assertThat(fleet.upstream("u1").calls).hasSize(1);
        assertThat(fleet.keeper.states().get(1).dropped()).containsExactly(new Dropped("tool", "echo", "collision"));
        assertThat(Fleet.keys(fleet.ask("u2", Methods.TOOLS_LIST, "{}"), ItemKind.TOOL))
                .containsExactly("echo", "own");
        assertThat(dropped("u2", "collision")).isEqualTo(1);
    }

    @Test
    void dropsNamesThatImitateAnotherServers() {
        fleet.add("u1").tool("echo");
        fleet.add("u2", "").tool("u1__echo").resource("u1+file:///a");
        fleet.add("u3").tool("u1__echo");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("u1__echo");
        assertThat(Fleet.keys(fleet.ask(Methods.RESOURCES_LIST, "{}"), ItemKind.RESOURCE))
                .isEmpty();
        assertThat(dropped("u2", "prefix_forgery")).isEqualTo(2);
        assertThat(dropped("u3", "prefix_forgery")).isEqualTo(1);
    }

    @Test
    void aPrefixMayBeginWithAnother() {
        fleet.add("u1", "a_").tool("x").tool("b_x");
        fleet.add("u2", "a_b_").tool("x");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("a_x", "a_b_x");
        fleet.ask(Methods.TOOLS_CALL, "{\"name\":\"a_b_x\"}");
        assertThat(fleet.upstream("u2").calls).hasSize(1);
    }

    @Test
    void dropsASecondToolOfTheSameName() {
        fleet.add("u1").tool("echo").tools.add("{\"name\":\"echo\",\"inputSchema\":{},\"second\":1}");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("u1__echo");
        assertThat(dropped("u1", "duplicate")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "\"a\\u0007\"",
                "7",
                "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""
            })
    void dropsToolsWithBadNames(String name) {
        fleet.add("u1").tool("good").tools.add("{\"name\":" + name + ",\"inputSchema\":{}}");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("u1__good");
        assertThat(dropped("u1", "tool_name")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"name\":\"read\\u200bfile\"",
                "\"name\":\"read\\u202efile\"",
                "\"name\":\"\\u2066read\"",
                "\"name\":\"read\\ufeff\"",
                "\"name\":\"read\\udb40\\udc41\"",
                "\"name\":\"a\",\"title\":\"Read\\udb40\\udc41\\udb40\\udc42 a file\"",
                "\"name\":\"a\",\"title\":\"Read \\u001b[2K\"",
                "\"name\":\"a\",\"title\":\"Re\\u200dad\"",
                "\"name\":\"a\",\"annotations\":{\"title\":\"\\u202eelif\"}"
            })
    void dropsToolsWithHiddenCharacters(String members) {
        fleet.add("u1").tool("good").tools.add("{" + members + ",\"inputSchema\":{}}");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("u1__good");
        assertThat(dropped("u1", "hidden_characters")).isEqualTo(1);
        assertThat(fleet.keeper.states().get(0).dropped().get(0).name()).matches("[ -~]*");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"description\":\"Read\\u200b\\u202e a file\\u001b\"",
                "\"title\":\"\\u0645\\u06cc\\u200c\\u062e\\u0648\\u0627\\u0647\\u0645\"",
                "\"title\":\"\\ud83d\\udc69\\u200d\\ud83d\\udcbb code \\u2764\\ufe0f\"",
                "\"title\":\"\\u05e9\\u05dc\\u05d5\\u05dd\""
            })
    void keepsDescriptionsAndTitlesOfAllScripts(String member) {
        fleet.add("u1").tools.add("{\"name\":\"good\"," + member + ",\"inputSchema\":{}}");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("u1__good");
        assertThat(fleet.ask(Methods.TOOLS_LIST, "{}").toString()).contains(member);
    }

    @Test
    void whatAServerSaysOfItselfSteersNoTerminal() {
        fleet.add("u1").nextList = Mono.error(
                new Refusal(Refusal.Reason.UPSTREAM_ERROR, "tools/list failed with 1: \u001b]0;owned\u0007\u202e"));
        fleet.start();
        assertThat(fleet.keeper.states().get(0).lastError())
                .extracting(Trouble::text)
                .isEqualTo("tools/list failed with 1: \\u{1b}]0;owned\\u{7}\\u{202e}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"\"}}}",
                "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A B\"}}}",
                "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"X\\r\\nY\"}}}",
                "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":7}}}",
                "{\"properties\":{\"a\":{\"type\":\"number\",\"x-mcp-header\":\"N\"}}}",
                "{\"properties\":{\"a\":{\"x-mcp-header\":\"N\"}}}",
                "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"N\"},"
                        + "\"b\":{\"type\":\"string\",\"x-mcp-header\":\"n\"}}}",
                "{\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"x-mcp-header\":\"N\"}}}}",
                "{\"allOf\":[{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"N\"}}}]}",
                "{\"$defs\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"N\"}}}",
                "{\"type\":\"string\",\"x-mcp-header\":\"N\"}",
                "{\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"x\\u002dmcp-header\":\"N\"}}}}"
            })
    void dropsToolsWithInvalidHeaderAnnotations(String schema) {
        fleet.add("u1").tool("good").tools.add("{\"name\":\"bad\",\"inputSchema\":" + schema + "}");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("u1__good");
        assertThat(dropped("u1", "x_mcp_header")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"Region\"}}}",
                "{\"properties\":{\"a\":{\"properties\":{\"b\":{\"type\":\"boolean\",\"x-mcp-header\":\"B\"}}}}}",
                "{\"properties\":{\"x-mcp-header\":{\"type\":\"number\"}}}",
                "{\"properties\":{\"a\":{\"default\":{\"x-mcp-header\":\"A B\"}}}}"
            })
    void keepsToolsWithValidHeaderAnnotations(String schema) {
        fleet.add("u1").tools.add("{\"name\":\"good\",\"inputSchema\":" + schema + "}");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("u1__good");
    }

    @Test
    void dropsToolsWithoutASchemaOrWithAMonstrousOne() {
        FakeUpstream upstream = fleet.add("u1").tool("good");
        upstream.tools.add("{\"name\":\"none\"}");
        upstream.tools.add("{\"name\":\"text\",\"inputSchema\":\"{}\"}");
        upstream.tools.add(
                "{\"name\":\"deep\",\"inputSchema\":" + "{\"not\":".repeat(64) + "{}" + "}".repeat(64) + "}");
        upstream.tools.add("{\"name\":\"wide\",\"inputSchema\":{\"allOf\":[{}" + ",{}".repeat(10_000) + "]}}");
        fleet.start();
        assertThat(fleet.tools()).containsExactly("u1__good");
        assertThat(fleet.keeper.states().get(0).dropped())
                .extracting(Dropped::reason)
                .containsExactly("input_schema", "input_schema", "schema_depth", "schema_size");
    }

    @Test
    void timeToLiveIsTheShortestAndScopeTheNarrowest() {
        fleet.add("u1").ttlMillis = 20_000;
        FakeUpstream second = fleet.add("u2");
        fleet.start();
        RawJson list = fleet.ask(Methods.TOOLS_LIST, "{}");
        assertThat(list.get("ttlMs")).hasToString("20000");
        assertThat(list.get("cacheScope")).hasToString("\"public\"");
        second.isPublic = false;
        second.signal(Methods.TOOLS_CHANGED);
        fleet.pass(java.time.Duration.ofSeconds(6));
        list = fleet.ask(Methods.TOOLS_LIST, "{}");
        assertThat(list.get("ttlMs")).hasToString("14000");
        assertThat(list.get("cacheScope")).hasToString("\"private\"");
        assertThat(list.get("resultType")).hasToString("\"complete\"");
    }

    private double dropped(String upstream, String reason) {
        return fleet.meters
                .counter("headgate.catalog.dropped", "upstream", upstream, "reason", reason)
                .count();
    }
}
