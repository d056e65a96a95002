package io.headgate.gateway.route.catalog;

import io.headgate.mcp.RawJson;
import io.headgate.mcp.VisibleText;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides whether an item that a server offers may be shown to clients. */
final class ItemCheck {
    private static final int LONGEST_NAME = 128;
    private static final int LONGEST_URI = 8_192;
    private static final char LAST_LATIN = '\u036f';
    private static final int DEEPEST_SCHEMA = 64;
    private static final int MOST_SUBSCHEMAS = 10_000;
    private static final String ANNOTATION = "x-mcp-header";
    private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

    /** Members of a schema that map names to schemas. */
    private static final Set<String> SCHEMA_MAPS =
            Set.of("properties", "patternProperties", "$defs", "definitions", "dependentSchemas");

    /** Members of a schema that hold data, in which an annotation's name means nothing. */
    private static final Set<String> DATA = Set.of("const", "default", "enum", "examples", "example");

    private final Set<String> headers = new HashSet<>();

    private ItemCheck() {}

    /** The reason not to show an item, one of a closed set that a meter can have as a tag; null if there is none. */
    static @Nullable String fault(ItemKind kind, RawJson item, @Nullable String key) {
        if (!item.isObject()) {
            return "malformed";
        }
        if (key == null || key.isEmpty() || hasControl(key)) {
            return kind.label() + "_" + (kind.isUri() ? "uri" : "name");
        }
        if (key.length() > (kind.isUri() ? LONGEST_URI : LONGEST_NAME)) {
            return kind.label() + "_" + (kind.isUri() ? "uri" : "name");
        }
        if (VisibleText.hasHidden(key) || hasHiddenTitle(item) || hasHiddenTitle(item.get("annotations"))) {
            return "hidden_characters";
        }
        return kind == ItemKind.TOOL ? schemaFault(item.get("inputSchema")) : null;
    }

    /** What a person is shown for an item, so that one cannot look like another or say something to models only. */
    private static boolean hasHiddenTitle(@Nullable RawJson item) {
        if (item == null || !item.isObject()) {
            return false;
        }
        String title = item.getString("title");
        String name = item.getString("name");
        return (title != null && VisibleText.hasHidden(withoutJoiners(title)))
                || (name != null && VisibleText.hasHidden(withoutJoiners(name)));
    }

    /** Within words of some scripts, and within some emoji, a joiner is part of how they are written. */
    private static String withoutJoiners(String text) {
        StringBuilder rest = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean joins = (c == '\u200c' || c == '\u200d')
                    && i > 0
                    && i + 1 < text.length()
                    && text.charAt(i - 1) > LAST_LATIN
                    && text.charAt(i + 1) > LAST_LATIN
                    && !VisibleText.isHidden(text.codePointAt(i + 1));
            if (!joins) {
                rest.append(c);
            }
        }
        return rest.toString();
    }

    private static @Nullable String schemaFault(@Nullable RawJson schema) {
        if (schema == null || !schema.isObject()) {
            return "input_schema";
        }
        String size = sizeFault(schema);
        if (size != null) {
            return size;
        }
        // The walk steps over every level again, so it is only for the schemas that can have an annotation. An escape
        // may spell one.
        String text = schema.toString();
        boolean walk = text.contains(ANNOTATION) || text.contains("\\u");
        return !walk || new ItemCheck().isValid(schema, /* isReachable= */ true, /* isProperty= */ false)
                ? null
                : "x_mcp_header";
    }

    /** One pass over the bytes: nothing recursive may look at a schema before this did. */
    private static @Nullable String sizeFault(RawJson schema) {
        byte[] bytes = schema.array();
        int depth = 0;
        int objects = 0;
        boolean inString = false;
        for (int i = schema.start(); i < schema.end(); i++) {
            byte b = bytes[i];
            if (inString) {
                if (b == '\\') {
                    i++;
                } else if (b == '"') {
                    inString = false;
                }
            } else if (b == '"') {
                inString = true;
            } else if (b == '{' || b == '[') {
                objects += b == '{' ? 1 : 0;
                if (++depth > DEEPEST_SCHEMA) {
                    return "schema_depth";
                }
            } else if (b == '}' || b == ']') {
                depth--;
            }
        }
        return objects > MOST_SUBSCHEMAS ? "schema_size" : null;
    }

    /** True if every annotation in the schema keeps the rules for headers that carry arguments. */
    private boolean isValid(RawJson schema, boolean isReachable, boolean isProperty) {
        boolean[] valid = {true};
        schema.forEachMember((key, value) -> {
            if (key.equals(ANNOTATION)) {
                valid[0] &= isProperty && isReachable && isHeader(schema, value);
            } else if (SCHEMA_MAPS.contains(key)) {
                boolean reachable = isReachable && key.equals("properties");
                value.forEachMember((name, property) -> valid[0] &= isValid(property, reachable, true));
            } else if (!DATA.contains(key)) {
                valid[0] &= isValidInside(value);
            }
        });
        return valid[0];
    }

    private boolean isValidInside(RawJson value) {
        if (value.isArray()) {
            return value.elements().stream().allMatch(this::isValidInside);
        }
        return isValid(value, /* isReachable= */ false, /* isProperty= */ false);
    }

    private boolean isHeader(RawJson property, RawJson annotation) {
        String header = annotation.string();
        String type = property.getString("type");
        return header != null
                && isToken(header)
                && ("string".equals(type) || "integer".equals(type) || "boolean".equals(type))
                && headers.add(header.toLowerCase(Locale.ROOT));
    }

    private static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!alphanumeric && TOKEN_MARKS.indexOf(c) < 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private static boolean hasControl(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }
}
