package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Client;
import io.headgate.mcp.Extensions;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.RawJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What servers with sessions are told of a client without one: what means something to them, always in the same words.
 *
 * <p>Clients that can do the same can follow each other in a session, however they say it, and no client can say it in a
 * thousand ways to have a thousand sessions.
 */
final class Declared {
    private static final int MOST_TYPES = 8;
    private static final int MOST_TYPE = 128;

    private Declared() {}

    static RawJson of(Client client) {
        RawJson capabilities = client.capabilities();
        StringBuilder json = new StringBuilder("{");
        add(json, "elicitation", objects(capabilities.get("elicitation"), List.of("form", "url")));
        add(json, "sampling", objects(capabilities.get("sampling"), List.of("tools", "context")));
        RawJson roots = capabilities.get("roots");
        if (roots != null && roots.isObject()) {
            RawJson changes = roots.get("listChanged");
            add(json, "roots", changes != null && changes.isTrue() ? "{\"listChanged\":true}" : "{}");
        }
        RawJson interfaces = Extensions.settings(capabilities, Extensions.UI);
        if (interfaces != null) {
            add(json, "extensions", "{\"" + Extensions.UI + "\":" + types(interfaces.get("mimeTypes")) + "}");
        }
        return json.length() == 1
                ? RawJson.EMPTY_OBJECT
                : RawJson.of(json.append('}').toString());
    }

    private static void add(StringBuilder json, String name, @Nullable String value) {
        if (value != null) {
            json.append(json.length() == 1 ? "\"" : ",\"")
                    .append(name)
                    .append("\":")
                    .append(value);
        }
    }

    /** The ones of these members that are objects, without what is in them; null if it is no object itself. */
    private static @Nullable String objects(@Nullable RawJson capability, List<String> names) {
        if (capability == null || !capability.isObject()) {
            return null;
        }
        StringBuilder json = new StringBuilder("{");
        for (String name : names) {
            RawJson member = capability.get(name);
            add(json, name, member != null && member.isObject() ? "{}" : null);
        }
        return json.append('}').toString();
    }

    private static String types(@Nullable RawJson types) {
        if (types == null || !types.isArray()) {
            return "{}";
        }
        StringBuilder json = new StringBuilder("{\"mimeTypes\":[");
        int count = 0;
        for (RawJson each : types.elements()) {
            String type = each.isString() && each.length() <= MOST_TYPE ? each.string() : null;
            if (type != null && count < MOST_TYPES) {
                json.append(count++ == 0 ? "" : ",").append(JsonStrings.quote(type));
            }
        }
        return json.append("]}").toString();
    }
}
