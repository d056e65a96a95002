package io.headgate.filter;

/**
 * What a message addresses: one named thing, or nothing in particular.
 *
 * @param server the server whose door the client chose ({@code /mcp/{server}}), or the empty string for the fleet; then
 *     the server that owns the name
 * @param name the name or URI; as the client wrote it before the router, as the upstream knows it after
 */
public record Target(String server, Kind kind, String name) {
    /** The kinds of things that can be named. */
    public enum Kind {
        TOOL,
        PROMPT,
        RESOURCE,
        TASK,
        NONE
    }

    public Target(String server) {
        this(server, Kind.NONE, "");
    }
}
