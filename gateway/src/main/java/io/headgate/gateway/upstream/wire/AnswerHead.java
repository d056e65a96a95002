package io.headgate.gateway.upstream.wire;

import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.mcp.BadMessage;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What an upstream's answer says before its body is understood, and what a body that cannot be understood says of it. */
public final class AnswerHead {
    private static final long MAX_RETRY_SECONDS = 3_600;

    private AnswerHead() {}

    /** Statuses that say all, whatever the body is. */
    public static @Nullable UpstreamFault faultOf(int code) {
        if (code >= 300 && code < 400) {
            return UpstreamFault.REDIRECT;
        }
        return switch (code) {
            case 401, 407 -> UpstreamFault.UNAUTHORIZED;
            case 403 -> UpstreamFault.FORBIDDEN;
            case 429 -> UpstreamFault.THROTTLED;
            case 502, 503, 504 -> code == 503 ? UpstreamFault.UNAVAILABLE : UpstreamFault.SERVER_ERROR;
            default -> null;
        };
    }

    public static boolean isType(@Nullable String value, String type) {
        if (value == null || !value.regionMatches(true, 0, type, 0, type.length())) {
            return false;
        }
        return value.length() == type.length()
                || value.charAt(type.length()) == ';'
                || value.charAt(type.length()) == ' ';
    }

    public static @Nullable Duration retryAfter(HttpHeaders headers) {
        String value = headers.get(HttpHeaderNames.RETRY_AFTER);
        if (value == null || value.isEmpty() || value.length() > 9) {
            return null;
        }
        long seconds = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < '0' || c > '9') {
                return null;
            }
            seconds = 10 * seconds + c - '0';
        }
        return Duration.ofSeconds(Math.min(seconds, MAX_RETRY_SECONDS));
    }

    /** What an upstream did wrong that sent this. */
    public static UpstreamFault faultOf(BadMessage bad) {
        return switch (bad.reason()) {
            case RESPONSE_SHAPE, REQUEST_AND_RESPONSE, JSONRPC_VERSION, MISSING_METHOD, NOT_OBJECT, BATCH ->
                UpstreamFault.SHAPE;
            case ID_NULL, ID_TYPE, ID_RANGE, ID_LENGTH -> UpstreamFault.ID_MISMATCH;
            default -> UpstreamFault.BAD_JSON;
        };
    }
}
