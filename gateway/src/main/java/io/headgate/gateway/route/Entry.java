package io.headgate.gateway.route;

import io.headgate.mcp.RawJson;
import java.util.List;

/**
 * One item as the clients of one view see it.
 *
 * @param key its name or URI as the clients of this view write it
 * @param json the item as it is listed: the server's bytes, but for the key and what refers to a key
 * @param withoutExecution the same without the member that says how to run the tool as a task of 2025-11-25
 * @param position its place in the list of the view
 * @param headerParams the arguments of a tool that calls repeat in header fields
 */
record Entry(
        Owner owner, String key, RawJson json, RawJson withoutExecution, int position, List<HeaderParam> headerParams) {
    String server() {
        return owner.namespace().server();
    }

    /** Its name or URI as the server knows it. */
    String bareKey() {
        return owner.target().name();
    }

    Entry at(int newPosition) {
        return new Entry(owner, key, json, withoutExecution, newPosition, headerParams);
    }
}
