package io.headgate.gateway.demo;

import java.nio.charset.StandardCharsets;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reading and writing of JSON, strict about what it accepts. */
final class Json {
    static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private static final byte[] NOTHING = {};

    private Json() {}

    static JsonNode parse(byte[] json) {
        return MAPPER.readTree(json);
    }

    /** A literal of ours, such as a tool's definition. */
    static ObjectNode object(String json) {
        return (ObjectNode) MAPPER.readTree(json);
    }

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static ArrayNode array() {
        return MAPPER.createArrayNode();
    }

    static byte[] bytes(JsonNode node) {
        return MAPPER.writeValueAsBytes(node);
    }

    static byte[] quoted(String text) {
        byte[] inner = JsonStringEncoder.getInstance().quoteAsUTF8(text);
        byte[] quoted = new byte[inner.length + 2];
        quoted[0] = '"';
        System.arraycopy(inner, 0, quoted, 1, inner.length);
        quoted[quoted.length - 1] = '"';
        return quoted;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The bytes of {@code params.arguments} exactly as they came, none if there are no arguments. */
    static byte[] argumentBytes(byte[] message) {
        try (JsonParser parser = MAPPER.createParser(message)) {
            if (!enter(parser, "params") || !enter(parser, "arguments")) {
                return NOTHING;
            }
            int start = (int) parser.currentTokenLocation().getByteOffset();
            var unused = parser.skipChildren();
            int end = (int) parser.currentLocation().getByteOffset();
            return java.util.Arrays.copyOfRange(message, start, end);
        }
    }

    private static boolean enter(JsonParser parser, String property) {
        if (parser.currentToken() == null) {
            var unused = parser.nextToken();
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            return false;
        }
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            boolean found = parser.currentName().equals(property);
            JsonToken value = parser.nextToken();
            if (found) {
                return value == JsonToken.START_OBJECT;
            }
            var unused = parser.skipChildren();
        }
        return false;
    }
}
