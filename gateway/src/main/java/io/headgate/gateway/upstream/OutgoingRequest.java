package io.headgate.gateway.upstream;

import io.headgate.mcp.Pieces;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One HTTP request to an upstream, without the fields that all of its requests have. */
final class OutgoingRequest {
    final Method method;
    final List<String> fields = new ArrayList<>(12);
    final @Nullable Pieces body;

    /** Where it goes instead of the upstream's own path, or null. */
    @Nullable
    String path;

    /** The methods that MCP uses. */
    enum Method {
        POST,
        GET,
        DELETE
    }

    OutgoingRequest(Method method, @Nullable Pieces body) {
        this.method = method;
        this.body = body;
    }

    /** Sends it to another path of the same server. */
    OutgoingRequest to(String elsewhere) {
        path = elsewhere;
        return this;
    }

    /** Adds a header field; each character of the value goes out as one byte. */
    OutgoingRequest with(String name, String value) {
        fields.add(name);
        fields.add(value);
        return this;
    }
}
