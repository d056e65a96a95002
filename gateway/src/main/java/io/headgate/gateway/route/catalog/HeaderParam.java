package io.headgate.gateway.route.catalog;

import io.headgate.gateway.upstream.wire.HeaderText;
import io.headgate.mcp.RawJson;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An argument of a tool that must be repeated in a header field, because its schema has {@code x-mcp-header}.
 *
 * @param header the whole field name, {@code Mcp-Param-Region}
 * @param path the properties from the arguments to the value
 */
public record HeaderParam(String header, List<String> path) {
    private static final int MAX_DEPTH = 64;
    private static final long LARGEST_INTEGER = (1L << 53) - 1;

    /** Those of a tool whose schema was found valid. */
    static List<HeaderParam> of(RawJson tool) {
        List<HeaderParam> found = new ArrayList<>();
        RawJson schema = tool.get("inputSchema");
        if (schema != null) {
            collect(schema, List.of(), found);
        }
        return List.copyOf(found);
    }

    private static void collect(RawJson schema, List<String> path, List<HeaderParam> found) {
        RawJson properties = schema.get("properties");
        if (properties == null || path.size() > MAX_DEPTH) {
            return;
        }
        properties.forEachMember((name, property) -> {
            List<String> here = new ArrayList<>(path);
            here.add(name);
            String header = property.getString("x-mcp-header");
            if (header != null) {
                found.add(new HeaderParam("Mcp-Param-" + header, List.copyOf(here)));
            }
            collect(property, here, found);
        });
    }

    /** The value in a call's arguments; null if it is absent or null, and then the field is not expected. */
    public @Nullable RawJson in(@Nullable RawJson arguments) {
        RawJson value = arguments;
        for (String name : path) {
            value = value == null ? null : value.get(name);
        }
        return value == null || value.isNull() ? null : value;
    }

    /** The text of the field for a call's arguments; null if there should be none. */
    public @Nullable String valueIn(@Nullable RawJson arguments) {
        RawJson value = in(arguments);
        // What is of another type than the schema says is for the server to refuse.
        if (value == null || value.isObject() || value.isArray()) {
            return null;
        }
        String text = value.string();
        return HeaderText.encode(text != null ? text : value.isNumber() ? decimal(value) : value.toString());
    }

    /** Integers may be written in ways that only a number's reader takes for the same. */
    private static String decimal(RawJson number) {
        String text = number.toString();
        double value = Double.parseDouble(text);
        return value == Math.rint(value) && Math.abs(value) <= LARGEST_INTEGER ? Long.toString((long) value) : text;
    }
}
