package io.headgate.filter;

import io.headgate.mcp.Extensions;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import org.jspecify.annotations.Nullable;

/** Which of a client's capabilities can be used in the revision that it speaks, in the words of the newest one. */
final class Answerable {
    private Answerable() {}

    static RawJson of(String version, RawJson declared) {
        if (ProtocolVersions.MODERN.contains(version)) {
            return declared;
        }
        boolean isNewest = version.equals(ProtocolVersions.V2025_11_25);
        StringBuilder members = new StringBuilder();
        add(members, "experimental", object(declared, "experimental"));
        if (object(declared, "roots") != null) {
            // Changes of the roots cannot be told in the newest revision.
            add(members, "roots", RawJson.EMPTY_OBJECT);
        }
        RawJson sampling = object(declared, "sampling");
        if (sampling != null) {
            add(members, "sampling", isNewest ? sampling : RawJson.EMPTY_OBJECT);
        }
        RawJson elicitation = object(declared, "elicitation");
        if (elicitation != null && isNewest) {
            add(members, "elicitation", elicitation);
        } else if (elicitation != null && version.equals(ProtocolVersions.V2025_06_18)) {
            // The first revision with elicitation has forms only, and no name for them.
            add(members, "elicitation", RawJson.EMPTY_OBJECT);
        }
        RawJson interfaces = Extensions.settings(declared, Extensions.UI);
        if (interfaces != null) {
            add(members, "extensions", RawJson.of("{\"" + Extensions.UI + "\":" + interfaces + "}"));
        }
        return members.isEmpty() ? RawJson.EMPTY_OBJECT : RawJson.of("{" + members + "}");
    }

    private static @Nullable RawJson object(RawJson declared, String name) {
        RawJson value = declared.get(name);
        return value == null || !value.isObject() ? null : value;
    }

    private static void add(StringBuilder members, String name, @Nullable RawJson value) {
        if (value != null) {
            members.append(members.isEmpty() ? "" : ",")
                    .append('"')
                    .append(name)
                    .append("\":")
                    .append(value);
        }
    }
}
