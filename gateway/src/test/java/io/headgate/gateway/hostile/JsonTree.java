package io.headgate.gateway.hostile;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A valid message as a tree, changed by dotted paths; raw text goes in by way of marks that are replaced at the end. */
final class JsonTree {
    static final JsonMapper MAPPER = new JsonMapper();

    private final ObjectNode root;
    private final java.util.LinkedHashMap<String, String> raws = new java.util.LinkedHashMap<>();

    JsonTree(String json) {
        this.root = (ObjectNode) MAPPER.readTree(json);
    }

    ObjectNode root() {
        return root;
    }

    /** The object at a dotted path, made where it is missing. */
    ObjectNode object(String path) {
        ObjectNode node = root;
        if (path.isEmpty()) {
            return node;
        }
        for (String key : path.split("\\.", -1)) {
            JsonNode next = node.get(key);
            node = next instanceof ObjectNode object ? object : node.putObject(key);
        }
        return node;
    }

    /** Sets a member; {@code <absent>} removes it and {@code <raw>TEXT} puts the text in as it is. */
    void set(String path, @Nullable Object value) {
        ObjectNode parent = parent(path);
        String key = path.substring(path.lastIndexOf('.') + 1);
        setIn(parent, key, value);
    }

    void setIn(ObjectNode parent, String key, @Nullable Object value) {
        if ("<absent>".equals(value)) {
            parent.remove(key);
        } else {
            parent.set(key, node(value));
        }
    }

    /** Adds text as a member of an object, such as a key that is there already. */
    void addRawMember(ObjectNode parent, String member) {
        parent.put(mark("\"%s\":0", member), 0);
    }

    /** The nearest object that has a key: params first, then the root, then all others. */
    ObjectNode holderOf(String key) {
        if (object("params").has(key)) {
            return object("params");
        }
        JsonNode found = root.has(key) ? root : root.findParent(key);
        return found instanceof ObjectNode object ? object : object("params.arguments");
    }

    private ObjectNode parent(String path) {
        int dot = path.lastIndexOf('.');
        return dot < 0 ? root : object(path.substring(0, dot));
    }

    private String mark(String shape, String raw) {
        String mark = "@@" + raws.size() + "@@";
        raws.put(shape.formatted(mark), raw);
        return mark;
    }

    private JsonNode node(@Nullable Object value) {
        if (value instanceof String text && text.startsWith("<raw>")) {
            return MAPPER.valueToTree(mark("\"%s\"", text.substring("<raw>".length())));
        }
        if (value instanceof Map<?, ?> map) {
            ObjectNode object = MAPPER.createObjectNode();
            map.forEach((key, item) -> setIn(object, String.valueOf(key), item));
            return object;
        }
        if (value instanceof List<?> list) {
            ArrayNode array = MAPPER.createArrayNode();
            list.forEach(item -> array.add(node(item)));
            return array;
        }
        return MAPPER.valueToTree(value);
    }

    /** The message as text, with the raw texts in their places. */
    String text() {
        String text = MAPPER.writeValueAsString(root);
        for (Map.Entry<String, String> raw : raws.entrySet()) {
            text = text.replace(raw.getKey(), raw.getValue());
        }
        return text;
    }
}
