package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import org.junit.jupiter.api.Test;

class StructuredContentTest {
    private static final String CALL = "{\"name\":\"u1__t\"}";

    private final Fleet fleet = new Fleet();

    @Test
    void wrapsSchemasThatAreNotOfObjectsForOlderClients() {
        String schema = "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"array\","
                + "\"items\":{\"$ref\":\"#/$defs/x\"},\"$defs\":{\"x\":{\"anyOf\":[{\"$ref\":\"#\"},{\"const\":"
                + "{\"$ref\":\"#/y\"}}]},\"const\":{\"$ref\":\"#/$defs/x\"},\"z\":{\"$id\":\"z\",\"$ref\":\"#/a\"}}}";
        String moved = schema.replace("{\"$ref\":\"#/$defs/x\"}", "{\"$ref\":\"#/properties/result/$defs/x\"}")
                .replace("{\"$ref\":\"#\"}", "{\"$ref\":\"#/properties/result\"}");
        tool(schema, "[]");
        assertThat(listed(Methods.TOOLS_LIST, false)).contains("\"outputSchema\":" + schema);
        assertThat(listed(Methods.TOOLS_LIST, true))
                .contains("\"outputSchema\":{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
                        + "\"type\":\"object\",\"properties\":{\"result\":" + moved + "},\"required\":[\"result\"]}")
                .contains("\"name\":\"u1__t\"");
    }

    @Test
    void leavesObjectsAlone() {
        tool("{\"type\":\"object\"}", "{\"content\":[],\"structuredContent\":{\"a\":1}}");
        assertThat(listed(Methods.TOOLS_LIST, true)).contains("\"outputSchema\":{\"type\":\"object\"}");
        assertThat(result(true)).isEqualTo("{\"content\":[],\"structuredContent\":{\"a\":1}}");
    }

    @Test
    void wrapsWhatIsNoObjectAndSaysItAsText() {
        tool("{\"type\":\"array\"}", "{\"content\":[],\"structuredContent\":[\"a\"]}");
        assertThat(result(false)).isEqualTo("{\"content\":[],\"structuredContent\":[\"a\"]}");
        assertThat(result(true))
                .isEqualTo("{\"content\":[{\"type\":\"text\",\"text\":\"[\\\"a\\\"]\"}],"
                        + "\"structuredContent\":{\"result\":[\"a\"]}}");
    }

    @Test
    void keepsTheTextThatIsThere() {
        tool("{\"type\":\"array\"}", "{\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"structuredContent\":null}");
        assertThat(result(true))
                .isEqualTo(
                        "{\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"structuredContent\":{\"result\":null}}");
    }

    @Test
    void addsTextToOtherContentAndToNone() {
        tool("{\"type\":\"number\"}", "{\"structuredContent\":7}");
        assertThat(result(true))
                .isEqualTo("{\"content\":[{\"type\":\"text\",\"text\":\"7\"}],\"structuredContent\":{\"result\":7}}");
        fleet.upstream("u1")
                .answering("{\"content\":[{\"type\":\"resource_link\",\"uri\":\"a:b\"}],\"structuredContent\":7}");
        assertThat(result(true))
                .isEqualTo("{\"content\":[{\"type\":\"text\",\"text\":\"7\"},"
                        + "{\"type\":\"resource_link\",\"uri\":\"u1+a:b\"}],\"structuredContent\":{\"result\":7}}");
    }

    @Test
    void wrapsAnObjectIfTheSchemaWasWrapped() {
        tool("{\"anyOf\":[{\"type\":\"object\"},{\"type\":\"array\"}]}", "{\"content\":[],\"structuredContent\":{}}");
        assertThat(result(true)).isEqualTo("{\"content\":[],\"structuredContent\":{\"result\":{}}}");
    }

    @Test
    void leavesWhatAServerOfBothErasWrappedItself() {
        String wrapped = "{\"content\":[],\"structuredContent\":{\"result\":[7]}}";
        tool("{\"type\":\"array\"}", wrapped);
        assertThat(result(true)).isEqualTo(wrapped);
    }

    @Test
    void wrapsAnObjectThatOnlyLooksWrapped() {
        tool(
                "{\"anyOf\":[{\"type\":\"object\"},{\"type\":\"array\"}]}",
                "{\"resultType\":\"complete\",\"content\":[],\"structuredContent\":{\"result\":7}}");
        assertThat(result(true)).contains("\"structuredContent\":{\"result\":{\"result\":7}}");
    }

    private void tool(String schema, String result) {
        FakeUpstream upstream = fleet.add("u1");
        upstream.tools.add("{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\"},\"outputSchema\":" + schema + "}");
        upstream.answering(result);
        fleet.start();
    }

    private String listed(String method, boolean older) {
        return answer(method, "{}", older).toString();
    }

    private String result(boolean older) {
        return answer(Methods.TOOLS_CALL, CALL, older).toString();
    }

    private RawJson answer(String method, String params, boolean older) {
        return Fleet.result(
                fleet.router.handle(older ? Fleet.legacy(method, params) : Fleet.exchange("", method, params)));
    }
}
