package io.headgate.gateway.interop;

import java.net.URI;

/**
 * A server behind the gateway in a test.
 *
 * @param name its key under {@code mcpServers}
 * @param wire its transport, {@code http} or {@code sse}, as {@code type} says it in the file
 * @param era what it speaks, or, if it speaks both, what the client expects; the gateway has to find that out by itself
 * @param prefix what the gateway puts before its names; empty for none, and then its URIs stay unchanged, too
 */
record Upstream(String name, Wire wire, Era era, URI uri, String prefix) {

    enum Wire {
        HTTP,
        SSE
    }

    /** An upstream whose names pass unchanged. */
    static Upstream of(String name, Wire wire, Era era, URI uri) {
        return new Upstream(name, wire, era, uri, "");
    }

    /** The same upstream with the prefix that a server gets when the file says nothing. */
    Upstream prefixed() {
        return new Upstream(name, wire, era, uri, name + "__");
    }

    /** The same upstream, which speaks both eras, in the other one. */
    Upstream as(Era other) {
        return new Upstream(name, wire, other, uri, prefix);
    }

    /** What the gateway puts before the URIs of its resources. */
    String uriPrefix() {
        return prefix.isEmpty() ? "" : name + "+";
    }
}
