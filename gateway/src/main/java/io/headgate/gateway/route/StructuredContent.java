package io.headgate.gateway.route;

import io.headgate.gateway.route.catalog.OutputSchema;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import java.util.List;

/** The structured content of a result, for clients that take objects only; see {@link OutputSchema}. */
final class StructuredContent {
    private StructuredContent() {}

    /** Wraps it if it is no object, or if the tool's schema was wrapped; says it as text too if nothing else does. */
    static void wrap(Envelope result, boolean isWrapped, Splice splice) {
        RawJson whole = result.get(Member.RESULT);
        RawJson content = result.get(Member.STRUCTURED_CONTENT);
        if (whole == null || content == null || (content.isObject() && (!isWrapped || isDone(result, content)))) {
            return;
        }
        splice.replace(content, "{\"result\":" + content + "}");
        RawJson blocks = result.get(Member.CONTENT);
        List<RawJson> all = blocks == null ? List.of() : blocks.elements();
        if (content.isObject() || all.stream().anyMatch(block -> "text".equals(block.getString("type")))) {
            return;
        }
        String text = "{\"type\":\"text\",\"text\":" + JsonStrings.quote(content.toString()) + "}";
        if (blocks == null) {
            splice.insert(whole, "\"content\":[" + text + "]");
        } else if (all.isEmpty()) {
            splice.replace(blocks, "[" + text + "]");
        } else {
            splice.insert(blocks, text);
        }
    }

    /**
     * True if the server has wrapped it itself: one that speaks both eras does so where it answers a client with a session,
     * in which case the result has no type.
     */
    private static boolean isDone(Envelope result, RawJson content) {
        if (result.has(Member.RESULT_TYPE) || content.get("result") == null) {
            return false;
        }
        int[] members = new int[1];
        content.forEachMember((key, value) -> members[0]++);
        return members[0] == 1;
    }
}
