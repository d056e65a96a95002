package io.headgate.gateway.scale;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What came back for one request: the head, and the JSON-RPC response if there was one. */
record Answer(int status, HttpHeaders headers, @Nullable JsonNode response) {
    private static final JsonMapper JSON = new JsonMapper();

    static JsonNode json(String text) {
        return JSON.readTree(text);
    }

    static JsonNode json(byte[] text) {
        return JSON.readTree(text);
    }

    JsonNode message() {
        if (response == null) {
            throw new AssertionError("status " + status + " without a response");
        }
        return response;
    }

    JsonNode result() {
        JsonNode result = message().path("result");
        if (result.isMissingNode()) {
            throw new AssertionError("status " + status + ", no result: " + response);
        }
        return result;
    }

    JsonNode error() {
        JsonNode error = message().path("error");
        if (error.isMissingNode()) {
            throw new AssertionError("status " + status + ", no error: " + response);
        }
        return error;
    }

    /** The text of a tool's answer. */
    String text() {
        return result().path("content").path(0).path("text").asString();
    }
}
