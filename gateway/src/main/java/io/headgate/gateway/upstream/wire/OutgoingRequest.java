package io.headgate.gateway.upstream.wire;

import io.headgate.mcp.Pieces;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One HTTP request to an upstream, without the fields that all of its requests have. */
public final class OutgoingRequest {
    private final Method method;
    private final List<String> fields = new ArrayList<>(12);
    private final @Nullable Pieces body;

    /** Where it goes instead of the upstream's own path, or null. */
    private @Nullable String path;

    /** The methods that MCP uses. */
    public enum Method {
        POST,
        GET,
        DELETE
    }

    public OutgoingRequest(Method method, @Nullable Pieces body) {
        this.method = method;
        this.body = body;
    }

    public Method method() {
        return method;
    }

    /** Names and values in turn. */
    public List<String> fields() {
        return fields;
    }

    @Nullable
    public Pieces body() {
        return body;
    }

    /** Of the body, in bytes. */
    public int length() {
        return body == null ? 0 : body.length();
    }

    /** Where it goes instead of the upstream's own path, or null. */
    @Nullable
    public String path() {
        return path;
    }

    /** Sends it to another path of the same server. */
    public OutgoingRequest to(String elsewhere) {
        path = elsewhere;
        return this;
    }

    /** Adds a header field; each character of the value goes out as one byte. */
    public OutgoingRequest with(String name, String value) {
        fields.add(name);
        fields.add(value);
        return this;
    }
}
