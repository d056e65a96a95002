package io.headgate.gateway.session;

import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The questions of a server, in the words of a result that asks for input (basic/utilities/mrtr). */
final class InputRequests {
    /** What a person is taken to have said who closed the window. */
    private static final JsonRpc.Success CANCELLED = JsonRpc.Success.of("{\"action\":\"cancel\"}");

    private static final JsonRpc.Failure NO_ANSWER =
            new JsonRpc.Failure(RpcCodes.INTERNAL_ERROR, "the client did not answer", null);

    private InputRequests() {}

    /** A result that asks. */
    static JsonRpc.Success result(Map<String, RawJson> requests, String state) {
        Pieces json = new Pieces(4 * requests.size() + 4).add("{\"resultType\":\"input_required\",\"inputRequests\":{");
        String comma = "";
        for (Map.Entry<String, RawJson> request : requests.entrySet()) {
            json.add(comma + JsonStrings.quote(request.getKey()) + ":").add(request.getValue());
            comma = ",";
        }
        json.add("},\"requestState\":" + JsonStrings.quote(state) + "}");
        return JsonRpc.Success.of(RawJson.of(json.toByteArray()));
    }

    /** One request; bytes of its own, because it may be kept for long. */
    static RawJson request(String method, @Nullable RawJson params) {
        Pieces json = new Pieces(4).add("{\"method\":" + JsonStrings.quote(method) + ",\"params\":");
        if (params == null) {
            // Some SDKs cannot read a question without params.
            json.add("{}");
        } else {
            // In this era there is nothing that the id of a page's visit could be used for.
            json.add(isForPage(params) ? params.without("elicitationId") : params);
        }
        return RawJson.of(json.add("}").toByteArray());
    }

    /** The question to go to a page, as it stands in the data of an error or in a request. */
    static RawJson page(RawJson elicitation) {
        return request(Methods.ELICITATION, elicitation);
    }

    /** The client's answers by key; empty if it gave none, null if they are no answers at all. */
    static @Nullable Map<String, RawJson> responses(@Nullable RawJson written) {
        Map<String, RawJson> responses = new LinkedHashMap<>();
        if (written == null) {
            return responses;
        }
        boolean[] sound = {written.isObject()};
        written.forEachMember((key, value) -> {
            responses.put(key, value);
            sound[0] &= value.isObject();
        });
        return sound[0] ? responses : null;
    }

    /** What a question lacks in a client's capabilities, as a capability; null if the client may be asked. */
    static @Nullable String missing(RawJson capabilities, String method, @Nullable RawJson params) {
        return switch (method) {
            case Methods.SAMPLING -> missingSampling(capabilities.get("sampling"), params);
            case Methods.ROOTS_LIST -> isObject(capabilities.get("roots")) ? null : "roots";
            case Methods.ELICITATION -> missingElicitation(capabilities.get("elicitation"), params);
            default -> method;
        };
    }

    private static @Nullable String missingSampling(@Nullable RawJson sampling, @Nullable RawJson params) {
        if (sampling == null || !sampling.isObject()) {
            return "sampling";
        }
        boolean withTools = params != null && params.get("tools") != null;
        return withTools && !isObject(sampling.get("tools")) ? "sampling.tools" : null;
    }

    private static @Nullable String missingElicitation(@Nullable RawJson elicitation, @Nullable RawJson params) {
        if (elicitation == null || !elicitation.isObject()) {
            return "elicitation";
        }
        boolean url = isObject(elicitation.get("url"));
        if (params != null && isForPage(params)) {
            return url ? null : "elicitation.url";
        }
        // An empty object means forms only.
        return !url || isObject(elicitation.get("form")) ? null : "elicitation.form";
    }

    /** What a server is told when nobody answers any more. */
    static JsonRpc.Response noAnswer(String method) {
        return method.equals(Methods.ELICITATION) ? CANCELLED : NO_ANSWER;
    }

    static boolean isForPage(RawJson params) {
        return "url".equals(params.getString("mode"));
    }

    private static boolean isObject(@Nullable RawJson value) {
        return value != null && value.isObject();
    }
}
