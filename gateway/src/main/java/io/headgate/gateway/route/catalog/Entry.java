package io.headgate.gateway.route.catalog;

import io.headgate.filter.ToolHints;
import io.headgate.mcp.RawJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One item as the clients of one view see it.
 *
 * @param key its name or URI as the clients of this view write it
 * @param json the item as it is listed: the server's bytes, but for the key and what refers to a key
 * @param objectJson the same for clients that take structured content of objects only
 * @param text the same for clients that show no user interfaces; null if it is not for them
 * @param position its place in the list of the view
 * @param headerParams the arguments of a tool that calls repeat in header fields
 * @param hints what the server says of a tool
 */
public record Entry(
        Owner owner,
        String key,
        RawJson json,
        RawJson objectJson,
        @Nullable RawJson text,
        int position,
        List<HeaderParam> headerParams,
        ToolHints hints) {
    /** An item for clients that take structured content of objects only. */
    static RawJson ofObject(Owner owner, RawJson json) {
        return owner.isWrapped() ? OutputSchema.ofObject(json) : json;
    }

    public String server() {
        return owner.namespace().server();
    }

    /** Its name or URI as the server knows it. */
    String bareKey() {
        return owner.target().name();
    }

    Entry at(int newPosition) {
        return new Entry(owner, key, json, objectJson, text, newPosition, headerParams, hints);
    }
}
