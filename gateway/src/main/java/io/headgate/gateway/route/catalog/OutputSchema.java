package io.headgate.gateway.route.catalog;

import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Schemas of structured content for clients of revisions in which it is always an object: any other content becomes the
 * member {@code result} of one, as the official TypeScript SDK does it.
 */
public final class OutputSchema {
    private static final String NEW_ROOT = "#/properties/result";

    /** Members of a schema that map names to schemas. */
    private static final Set<String> SCHEMA_MAPS =
            Set.of("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies");

    /** Members of a schema that hold data, in which a reference is none. */
    private static final Set<String> DATA = Set.of("const", "enum", "default", "examples");

    private OutputSchema() {}

    /** True if a tool has such a schema, or none. */
    static boolean isOfObject(RawJson tool) {
        RawJson schema = tool.get("outputSchema");
        return schema == null || !schema.isObject() || "object".equals(schema.getString("type"));
    }

    /** The tool with its schema inside one of an object. */
    static RawJson ofObject(RawJson tool) {
        RawJson schema = tool.get("outputSchema");
        if (schema == null) {
            return tool;
        }
        Splice moved = new Splice(schema);
        moveReferences(schema, /* isMap= */ false, moved);
        String dialect = schema.getString("$schema");
        String wrapped = "{" + (dialect == null ? "" : "\"$schema\":" + JsonStrings.quote(dialect) + ",")
                + "\"type\":\"object\",\"properties\":{\"result\":" + moved.toJson() + "},\"required\":[\"result\"]}";
        return new Splice(tool).replace(schema, wrapped).toJson();
    }

    /** References within the document start at its root, which is another one now. */
    private static void moveReferences(RawJson node, boolean isMap, Splice splice) {
        if (node.isArray()) {
            node.elements().forEach(element -> moveReferences(element, /* isMap= */ false, splice));
            return;
        }
        if (!isMap && isDocument(node.get("$id"))) {
            return;
        }
        node.forEachMember((key, value) -> {
            if (isMap) {
                moveReferences(value, /* isMap= */ false, splice);
            } else if ((key.equals("$ref") || key.equals("$dynamicRef")) && value.isString()) {
                move(value, splice);
            } else if (!DATA.contains(key)) {
                moveReferences(value, SCHEMA_MAPS.contains(key), splice);
            }
        });
    }

    private static void move(RawJson reference, Splice splice) {
        String target = reference.string();
        if (target != null && (target.equals("#") || target.startsWith("#/"))) {
            splice.replace(reference, JsonStrings.quote(NEW_ROOT + target.substring(1)));
        }
    }

    /** True if references below are relative to something else than the root. */
    private static boolean isDocument(@Nullable RawJson id) {
        String text = id == null ? null : id.string();
        return id != null && (text == null || !text.startsWith("#"));
    }
}
