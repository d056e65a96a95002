package io.headgate.gateway.http;

import org.jspecify.annotations.Nullable;

/** What a browser is told before it lets a page of an allowed origin call. */
final class Preflight {
    private static final String METHODS = "POST, GET, DELETE";
    private static final String HEADERS =
            "authorization, x-api-key, content-type, accept, mcp-protocol-version, mcp-method, "
                    + "mcp-name, mcp-session-id, last-event-id";
    private static final String PARAMETER = "mcp-param-";
    private static final int MAX_PARAMETERS = 50;

    private Preflight() {}

    static String[] fields(DoorCall call) {
        return new String[] {
            "Access-Control-Allow-Methods",
            METHODS,
            "Access-Control-Allow-Headers",
            allowed(call.get("access-control-request-headers")),
            "Access-Control-Max-Age",
            "600"
        };
    }

    /** The fields of tool parameters have names that no list can foresee. */
    private static String allowed(@Nullable String requested) {
        if (requested == null) {
            return HEADERS;
        }
        StringBuilder all = new StringBuilder(HEADERS);
        int from = 0;
        for (int i = 0; from <= requested.length() && i < MAX_PARAMETERS; i++) {
            int end = requested.indexOf(',', from);
            end = end < 0 ? requested.length() : end;
            String name = requested.substring(from, end).trim();
            if (name.regionMatches(true, 0, PARAMETER, 0, PARAMETER.length()) && isToken(name)) {
                all.append(", ").append(name);
            }
            from = end + 1;
        }
        return all.toString();
    }

    private static boolean isToken(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c != '-' && !Character.isLetterOrDigit(c)) {
                return false;
            }
        }
        return true;
    }
}
