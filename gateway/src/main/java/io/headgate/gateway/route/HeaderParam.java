package io.headgate.gateway.route;

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
}
