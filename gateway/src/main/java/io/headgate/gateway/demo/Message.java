package io.headgate.gateway.demo;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One JSON-RPC message that a client posted. */
record Message(Kind kind, @Nullable JsonNode id, String method, ObjectNode body) {
    enum Kind {
        REQUEST,
        NOTIFICATION,
        RESPONSE
    }

    static Message of(JsonNode node) {
        if (!(node instanceof ObjectNode body)) {
            throw invalid("a message is an object");
        }
        if (!body.path("jsonrpc").asString("").equals("2.0")) {
            throw invalid("jsonrpc is not \"2.0\"");
        }
        JsonNode id = body.get("id");
        JsonNode method = body.get("method");
        if (method == null) {
            if (id == null || body.has("result") == body.has("error")) {
                throw invalid("neither a request nor a response");
            }
            return new Message(Kind.RESPONSE, id, "", body);
        }
        if (!method.isString()) {
            throw invalid("method is not a string");
        }
        JsonNode params = body.get("params");
        if (params != null && !params.isObject()) {
            throw invalid("params is not an object");
        }
        if (id == null) {
            return new Message(Kind.NOTIFICATION, null, method.stringValue(), body);
        }
        if (!id.isString() && !id.isIntegralNumber()) {
            throw invalid("id is neither a string nor an integer");
        }
        return new Message(Kind.REQUEST, id, method.stringValue(), body);
    }

    ObjectNode params() {
        return body.get("params") instanceof ObjectNode params ? params : Json.object();
    }

    private static RpcFailure invalid(String reason) {
        return new RpcFailure(400, RpcFailure.INVALID_REQUEST, "Invalid request: " + reason);
    }
}
