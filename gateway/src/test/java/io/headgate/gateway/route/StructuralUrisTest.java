package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.mcp.Methods;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class StructuralUrisTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final List<String> URIS = List.of("x:1", "ui://v/w", "file:///a+b", "ui:x", "é\"\\\n://");

    private final Fleet fleet = new Fleet();
    private final FakeUpstream upstream = fleet.add("u1").tool("t");
    private final Random random = new Random(7);

    @Test
    void renamesOnlyWhatMeansAResource() {
        upstream.answering("{\"content\":[{\"type\":\"text\",\"text\":\"x:1\",\"uri\":\"x:1\"},"
                + "{\"type\":\"resource\",\"resource\":{\"uri\":\"x:1\",\"blob\":\"x:1\"}},"
                + "{ \"type\" : \"resource_link\",\"name\":\"n\",\"uri\" : \"x\\u003a1\" }],"
                + "\"structuredContent\":{\"uri\":\"x:1\",\"contents\":[{\"uri\":\"x:1\"}]},\"n\":1.50}");
        fleet.start();
        assertThat(fleet.ask(Methods.TOOLS_CALL, "{\"name\":\"u1__t\"}"))
                .hasToString("{\"content\":[{\"type\":\"text\",\"text\":\"x:1\",\"uri\":\"x:1\"},"
                        + "{\"type\":\"resource\",\"resource\":{\"uri\":\"u1+x:1\",\"blob\":\"x:1\"}},"
                        + "{ \"type\" : \"resource_link\",\"name\":\"n\",\"uri\" : \"u1+x:1\" }],"
                        + "\"structuredContent\":{\"uri\":\"x:1\",\"contents\":[{\"uri\":\"x:1\"}]},\"n\":1.50}");
    }

    @Test
    void agreesWithAnObviousReferenceOnRandomResults() {
        fleet.start();
        int renamed = 0;
        for (int i = 0; i < 3_000; i++) {
            ObjectNode result = randomResult();
            upstream.answering(result.toString());
            String actual =
                    fleet.ask(Methods.TOOLS_CALL, "{\"name\":\"u1__t\"}").toString();
            ObjectNode expected = result.deepCopy();
            rename(expected);
            renamed += expected.equals(result) ? 0 : 1;
            assertThat(MAPPER.readTree(actual)).isEqualTo(expected);
        }
        assertThat(renamed).isGreaterThan(400);
    }

    /** The rules as a person would say them, on a tree. */
    private static void rename(ObjectNode result) {
        renameBlocks(result.path("content"));
        elements(result.path("contents")).forEach(StructuralUrisTest::renameUri);
        elements(result.path("messages")).forEach(message -> renameBlocks(message.path("content")));
    }

    private static void renameBlocks(JsonNode blocks) {
        if (blocks.isArray()) {
            blocks.forEach(StructuralUrisTest::renameBlocks);
        } else if (blocks.path("type").equals(MAPPER.getNodeFactory().stringNode("resource_link"))) {
            renameUri(blocks);
        } else if (blocks.path("type").equals(MAPPER.getNodeFactory().stringNode("resource"))) {
            renameUri(blocks.path("resource"));
        }
    }

    private static Iterable<JsonNode> elements(JsonNode value) {
        return value.isArray() ? value : List.of();
    }

    private static void renameUri(JsonNode holder) {
        if (holder instanceof ObjectNode object && object.path("uri").isString()) {
            String uri = object.get("uri").stringValue();
            object.put("uri", uri.startsWith("ui://") ? "ui://u1+" + uri.substring(5) : "u1+" + uri);
        }
    }

    private ObjectNode randomResult() {
        ObjectNode result = MAPPER.createObjectNode();
        for (String name : List.of("content", "contents", "messages", "structuredContent", "_meta", "uri")) {
            if (random.nextInt(3) == 0) {
                result.set(name, random.nextInt(8) == 0 ? randomValue(0) : randomList(name));
            }
        }
        return result;
    }

    private ArrayNode randomList(String name) {
        ArrayNode list = MAPPER.createArrayNode();
        for (int i = random.nextInt(4); i > 0; i--) {
            ObjectNode item = randomBlock();
            if (name.equals("messages")) {
                item.set("content", random.nextBoolean() ? randomBlock() : randomList("content"));
            }
            list.add(random.nextInt(10) == 0 ? randomValue(0) : item);
        }
        return list;
    }

    private ObjectNode randomBlock() {
        ObjectNode block = MAPPER.createObjectNode();
        block.put("type", List.of("text", "resource", "resource_link", "image").get(random.nextInt(4)));
        if (random.nextBoolean()) {
            block.set("uri", randomValue(0));
        }
        if (random.nextBoolean()) {
            block.set("resource", randomValue(0));
        }
        return block;
    }

    private JsonNode randomValue(int depth) {
        if (depth < 3 && random.nextInt(3) == 0) {
            ObjectNode object = MAPPER.createObjectNode();
            object.set("uri", randomValue(depth + 1));
            object.set(random.nextBoolean() ? "content" : "resource", randomValue(depth + 1));
            return object;
        }
        return random.nextInt(5) == 0
                ? MAPPER.getNodeFactory().numberNode(random.nextInt())
                : MAPPER.getNodeFactory().stringNode(URIS.get(random.nextInt(URIS.size())));
    }
}
