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

    /** Adds a header field; each character of the value goes out as one byte. */
    OutgoingRequest with(String name, String value) {
        fields.add(name);
        fields.add(value);
        return this;
    }
}
