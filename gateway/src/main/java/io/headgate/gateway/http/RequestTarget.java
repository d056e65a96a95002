package io.headgate.gateway.http;

import io.headgate.gateway.dialect.HttpCall.Endpoint;
import org.jspecify.annotations.Nullable;

/** The endpoint, the server and the query that a request target names, taken as it is: nothing is decoded. */
record RequestTarget(Endpoint endpoint, String server, String query) {
    private static final RequestTarget FLEET = new RequestTarget(Endpoint.MCP, "", "");

    private static final String MESSAGES = "messages";
    private static final String SESSION = "sessionId=";

    /** Longer names are nobody's. */
    private static final int MAX_SERVER = 128;

    /** Null if nothing lives there. */
    static @Nullable RequestTarget of(String target) {
        if (target.equals("/mcp")) {
            return FLEET;
        }
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        String query = mark < 0 ? "" : target.substring(mark + 1);
        int slash = path.indexOf('/', 1);
        Endpoint endpoint = endpoint(slash < 0 ? path : path.substring(0, slash));
        if (endpoint == null) {
            return null;
        }
        if (slash < 0) {
            return new RequestTarget(endpoint, "", query);
        }
        String server = path.substring(slash + 1);
        if (endpoint == Endpoint.SSE && server.equals(MESSAGES) && query.startsWith(SESSION)) {
            // Where to post is said relative to the stream, and the stream of one server is a level down.
            return new RequestTarget(Endpoint.MESSAGES, "", query);
        }
        return isServerName(server) ? new RequestTarget(endpoint, server, query) : null;
    }

    /** Whether these are visible ASCII characters with whole percent-escapes, and no fragment. */
    static boolean isWellFormed(String target) {
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '#') {
                return false;
            }
            if (c == '%') {
                if (i + 2 >= target.length() || !isHex(target.charAt(i + 1)) || !isHex(target.charAt(i + 2))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static @Nullable Endpoint endpoint(String name) {
        return switch (name) {
            case "/mcp" -> Endpoint.MCP;
            case "/sse" -> Endpoint.SSE;
            case "/messages" -> Endpoint.MESSAGES;
            default -> null;
        };
    }

    private static boolean isServerName(String name) {
        if (name.isEmpty() || name.length() > MAX_SERVER || name.charAt(0) == '.') {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (!letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' && c != '~') {
                return false;
            }
        }
        return true;
    }

    private static boolean isHex(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }
}
