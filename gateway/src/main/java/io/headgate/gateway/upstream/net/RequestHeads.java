package io.headgate.gateway.upstream.net;

import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.OutgoingRequest.Method;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What the heads of all requests to one server have in common, written once. */
final class RequestHeads {
    /** What the gateway says itself, or must not say at all. */
    private static final Set<String> COMPUTED = Set.of(
            "host",
            "connection",
            "keep-alive",
            "content-length",
            "transfer-encoding",
            "content-type",
            "accept",
            "accept-encoding",
            "last-event-id",
            "te",
            "upgrade",
            "proxy-connection");

    private final String path;
    private final Map<Method, byte[]> heads = new EnumMap<>(Method.class);
    private final Map<Method, Map<String, String>> fields = new EnumMap<>(Method.class);

    RequestHeads(UpstreamConfig config, String authority) {
        this.path = pathOf(config.url());
        for (Method method : Method.values()) {
            Map<String, String> fixed = new LinkedHashMap<>();
            fixed.put("host", authority);
            fixed.put("accept", method == Method.GET ? "text/event-stream" : "application/json, text/event-stream");
            if (method == Method.POST) {
                fixed.put("content-type", "application/json");
            }
            config.headers().forEach((name, value) -> {
                String lower = name.toLowerCase(Locale.ROOT);
                if (!lower.startsWith("mcp-") && !COMPUTED.contains(lower)) {
                    fixed.put(lower, value);
                }
            });
            fields.put(method, fixed);
            heads.put(method, head(method, path));
        }
    }

    /** The server's own path, with its query. */
    String path() {
        return path;
    }

    /** The first lines of a request, the same each time but for requests that go to another path. */
    byte[] head(OutgoingRequest request) {
        String elsewhere = request.path();
        byte[] head = elsewhere == null ? heads.get(request.method()) : head(request.method(), elsewhere);
        if (head == null) {
            throw new IllegalStateException("no head for " + request.method());
        }
        return head;
    }

    private byte[] head(Method method, String to) {
        StringBuilder head = new StringBuilder(method.name() + " " + to + " HTTP/1.1\r\n");
        fixedFields(method)
                .forEach((name, value) -> head.append(oneLine(name))
                        .append(": ")
                        .append(oneLine(value))
                        .append("\r\n"));
        return head.toString().getBytes(StandardCharsets.UTF_8);
    }

    Map<String, String> fixedFields(Method method) {
        return fields.getOrDefault(method, Map.of());
    }

    private static String oneLine(String text) {
        return text.replace('\r', ' ').replace('\n', ' ');
    }

    private static String pathOf(URI url) {
        String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        return url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
    }
}
