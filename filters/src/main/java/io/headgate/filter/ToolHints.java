package io.headgate.filter;

import io.headgate.mcp.RawJson;
import org.jspecify.annotations.Nullable;

/**
 * What a server says of its tool in {@code annotations}: hints, and no promise.
 *
 * @param readOnly it changes nothing
 * @param idempotent to call it again with the same arguments changes nothing more
 */
public record ToolHints(boolean readOnly, boolean idempotent) {
    /** Of a tool of which nothing is said; the specification's defaults are the careful ones. */
    public static final ToolHints NONE = new ToolHints(false, false);

    /** The hints of a tool as its server lists it. */
    public static ToolHints of(RawJson tool) {
        RawJson annotations = tool.get("annotations");
        return annotations == null
                ? NONE
                : new ToolHints(isTrue(annotations.get("readOnlyHint")), isTrue(annotations.get("idempotentHint")));
    }

    /** True if a call does no harm twice. */
    public boolean isRepeatable() {
        return readOnly || idempotent;
    }

    private static boolean isTrue(@Nullable RawJson hint) {
        return hint != null && hint.isTrue();
    }
}
