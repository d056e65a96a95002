package io.headgate.gateway.route.catalog;

import io.headgate.filter.Events;
import io.headgate.mcp.RawJson;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tells of tools that are not what they were: a server may change what a model reads after people agreed to it. */
final class DefinitionChanges {
    /** What is not there has no hash. */
    private static final String NONE = "";

    private DefinitionChanges() {}

    static void post(Events events, String server, Offer before, Offer after) {
        if (!events.areHeard() || after.isSame(before, ItemKind.TOOL)) {
            return;
        }
        Map<String, RawJson> old = tools(before);
        tools(after).forEach((name, tool) -> {
            RawJson was = old.remove(name);
            if (!tool.equals(was)) {
                post(events, server, name, was == null ? NONE : hash(was), hash(tool));
            }
        });
        old.forEach((name, tool) -> post(events, server, name, hash(tool), NONE));
    }

    private static void post(Events events, String server, String tool, String old, String fresh) {
        events.post(
                "tool_definition_changed",
                Map.of("upstream", server, "tool", tool, "old_hash", old, "new_hash", fresh));
    }

    private static Map<String, RawJson> tools(Offer offer) {
        Map<String, RawJson> tools = new LinkedHashMap<>();
        offer.bare(ItemKind.TOOL).inOrder().forEach(entry -> tools.put(entry.key(), entry.json()));
        return tools;
    }

    /** The SHA-256 of a definition as the server wrote it. */
    private static String hash(RawJson tool) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(tool.array(), tool.start(), tool.length());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every platform has SHA-256", impossible);
        }
    }
}
