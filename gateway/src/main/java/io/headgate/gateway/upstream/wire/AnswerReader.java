package io.headgate.gateway.upstream.wire;

import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import io.headgate.mcp.Splice;
import org.jspecify.annotations.Nullable;

/** Turns what upstreams send into messages of the core, in both eras alike. */
public final class AnswerReader {
    private static final int MAX_MESSAGE_CHARS = 1024;
    private static final int RESERVED_LOW = -32099;
    private static final int RESERVED_HIGH = -32020;

    /** Those in which the gateway says what itself refuses: 1000 and an HTTP status. */
    private static final int OWN_LOW = 1400;

    private static final int OWN_HIGH = 1599;

    private AnswerReader() {}

    /** The answer to a request, or null if it is no valid one. */
    public static JsonRpc.@Nullable Response read(Envelope message, UpstreamMeters meters) {
        if (message.has(Member.ERROR)) {
            return failure(message, meters);
        }
        RawJson result = message.get(Member.RESULT);
        return result == null || !result.isObject() ? null : new JsonRpc.Success(message);
    }

    /** The upstream's error, its data cut to what the specification defines; null if it is none. */
    public static JsonRpc.@Nullable Failure failure(Envelope message, UpstreamMeters meters) {
        RawJson written = message.get(Member.CODE);
        long code = written == null ? Long.MAX_VALUE : written.longOr(Long.MAX_VALUE);
        String text = message.string(Member.MESSAGE);
        if (code > Integer.MAX_VALUE || code < Integer.MIN_VALUE || text == null) {
            return null;
        }
        if (text.length() > MAX_MESSAGE_CHARS) {
            int end = Character.isHighSurrogate(text.charAt(MAX_MESSAGE_CHARS - 1))
                    ? MAX_MESSAGE_CHARS - 1
                    : MAX_MESSAGE_CHARS;
            text = text.substring(0, end);
        }
        int known = (int) code;
        if (isUndefined(known) || (known >= OWN_LOW && known <= OWN_HIGH)) {
            meters.count(UpstreamFault.RESERVED_CODE);
            return new JsonRpc.Failure(RpcCodes.INTERNAL_ERROR, text, RawJson.of("{\"upstreamCode\":" + known + "}"));
        }
        return new JsonRpc.Failure(known, text, data(known, message.get(Member.DATA), meters));
    }

    /** Codes that the specification keeps for itself and has not defined. */
    private static boolean isUndefined(int code) {
        return code >= RESERVED_LOW
                && code <= RESERVED_HIGH
                && code != RpcCodes.HEADER_MISMATCH
                && code != RpcCodes.MISSING_CAPABILITY
                && code != RpcCodes.UNSUPPORTED_VERSION
                && code != RpcCodes.URL_ELICITATION_REQUIRED;
    }

    private static @Nullable RawJson data(int code, @Nullable RawJson data, UpstreamMeters meters) {
        if (data == null || data.isNull()) {
            return null;
        }
        String[] defined = switch (code) {
            case RpcCodes.INVALID_PARAMS, RpcCodes.RESOURCE_NOT_FOUND -> new String[] {"uri"};
            case RpcCodes.MISSING_CAPABILITY -> new String[] {"requiredCapabilities"};
            case RpcCodes.UNSUPPORTED_VERSION -> new String[] {"supported", "requested"};
            case RpcCodes.URL_ELICITATION_REQUIRED -> new String[] {"elicitations"};
            default -> new String[0];
        };
        Pieces kept = new Pieces().add("{");
        int[] count = new int[2];
        data.forEachMember((name, value) -> count[0]++);
        for (String name : defined) {
            RawJson value = data.get(name);
            if (value != null) {
                kept.add(count[1]++ == 0 ? "" : ",")
                        .add(JsonStrings.quote(name) + ":")
                        .add(value);
            }
        }
        if (count[1] < count[0] || !data.isObject()) {
            meters.count(UpstreamFault.ERROR_DATA);
        }
        return count[1] == 0 ? null : RawJson.of(kept.add("}").toByteArray());
    }

    /** Progress under the client's own token; null if it is not about this call. */
    public static JsonRpc.@Nullable Notification progress(Envelope message, long id, @Nullable RawJson clientToken) {
        RawJson params = message.params();
        RawJson token = message.get(Member.PROGRESS_TOKEN);
        if (params == null || token == null || clientToken == null || token.longOr(-1) != id) {
            return null;
        }
        byte[] own = clientToken.toByteArray();
        return new JsonRpc.Notification(
                Methods.PROGRESS, new Splice(params).replace(token, own).toJson());
    }
}
