package io.headgate.gateway.dialect;

import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.headgate.mcp.RpcCodes;
import io.headgate.mcp.Splice;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Writes messages as bytes, and names the code and status of each refusal. */
final class Wording {
    private static final byte[] RESULT_HEAD = ascii("{\"jsonrpc\":\"2.0\",\"id\":");
    private static final byte[] RESULT = ascii(",\"result\":");
    private static final byte[] ERROR = ascii(",\"error\":");
    private static final byte[] METHOD = ascii(",\"method\":");
    private static final byte[] PARAMS = ascii(",\"params\":");
    private static final byte[] NOTIFICATION_HEAD = ascii("{\"jsonrpc\":\"2.0\",\"method\":");
    private static final byte[] ERROR_HEAD = ascii("{\"jsonrpc\":\"2.0\"");
    private static final byte[] END = ascii("}");

    private Wording() {}

    /** How a refusal looks on the wire. */
    record Answer(int code, int status) {
        static Answer of(Refusal.Reason reason) {
            return switch (reason) {
                case INVALID_REQUEST -> new Answer(RpcCodes.INVALID_REQUEST, 400);
                case INVALID_PARAMS -> new Answer(RpcCodes.INVALID_PARAMS, 400);
                case UNKNOWN_NAME -> new Answer(RpcCodes.INVALID_PARAMS, 200);
                case METHOD_NOT_FOUND -> new Answer(RpcCodes.METHOD_NOT_FOUND, 404);
                case MISSING_CAPABILITY -> new Answer(RpcCodes.MISSING_CAPABILITY, 400);
                case CREDENTIAL_MISSING, CREDENTIAL_INVALID -> new Answer(1401, 401);
                case DENIED -> new Answer(1403, 403);
                case SESSION_NOT_FOUND -> new Answer(1404, 404);
                case RATE_LIMITED -> new Answer(1429, 429);
                case OVERLOADED -> new Answer(1503, 503);
                case UPSTREAM_UNAVAILABLE -> new Answer(1514, 503);
                case UPSTREAM_THROTTLED -> new Answer(1515, 429);
                case UPSTREAM_TIMEOUT -> new Answer(1504, 504);
                case UPSTREAM_ERROR, UPSTREAM_REFUSED -> new Answer(1500, 502);
                case UPSTREAM_AUTH -> new Answer(1511, 502);
                case UPSTREAM_PROTOCOL -> new Answer(1502, 502);
                case UPSTREAM_TOO_LARGE -> new Answer(1512, 502);
                case UPSTREAM_AMBIGUOUS, EXHAUSTED -> new Answer(1513, 502);
                case INTERNAL -> new Answer(RpcCodes.INTERNAL_ERROR, 200);
            };
        }
    }

    static Pieces success(RequestId id, RawJson result) {
        return new Pieces(6)
                .add(RESULT_HEAD)
                .add(id.json())
                .add(RESULT)
                .add(result)
                .add(END);
    }

    /** The start of a success; the caller adds the result and {@link #end}. */
    static Pieces successHead(RequestId id) {
        return new Pieces().add(RESULT_HEAD).add(id.json()).add(RESULT);
    }

    static Pieces end(Pieces head) {
        return head.add(END);
    }

    static Pieces failure(@Nullable RequestId id, int code, String message, @Nullable RawJson data) {
        Pieces out = new Pieces().add(ERROR_HEAD);
        if (id != null) {
            out.add(",\"id\":").add(id.json());
        }
        out.add(ERROR).add("{\"code\":" + code + ",\"message\":" + JsonStrings.quote(message));
        if (data != null) {
            out.add(",\"data\":").add(data);
        }
        return out.add("}}");
    }

    static Pieces failure(@Nullable RequestId id, Refusal refusal) {
        return failure(id, Answer.of(refusal.reason()).code(), refusal.text(), data(refusal));
    }

    static Pieces notification(String method, @Nullable RawJson params) {
        Pieces out = new Pieces(6).add(NOTIFICATION_HEAD).add(JsonStrings.quote(method));
        if (params != null) {
            out.add(PARAMS).add(params);
        }
        return out.add(END);
    }

    static Pieces request(long id, String method, @Nullable RawJson params) {
        Pieces out = new Pieces(8)
                .add(RESULT_HEAD)
                .add(Long.toString(id))
                .add(METHOD)
                .add(JsonStrings.quote(method));
        if (params != null) {
            out.add(PARAMS).add(params);
        }
        return out.add(END);
    }

    /** The header fields of a refusal: when to come back, in whole seconds, rounded up, or what to come back with. */
    static String[] fields(Refusal refusal) {
        Duration after = refusal.retryAfter();
        return switch (refusal.reason()) {
            case CREDENTIAL_MISSING -> new String[] {"WWW-Authenticate", "Bearer"};
            case CREDENTIAL_INVALID -> new String[] {"WWW-Authenticate", "Bearer error=\"invalid_token\""};
            default ->
                after == null
                        ? new String[0]
                        : new String[] {"Retry-After", Long.toString(Math.max(1, (after.toMillis() + 999) / 1000))};
        };
    }

    private static @Nullable RawJson data(Refusal refusal) {
        RawJson data = refusal.data();
        Duration after = refusal.retryAfter();
        if (after == null) {
            return data;
        }
        String retry = "\"retryAfterMs\":" + after.toMillis();
        if (data == null) {
            return RawJson.of("{" + retry + "}");
        }
        return new Splice(data).insert(data, retry).toJson();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
