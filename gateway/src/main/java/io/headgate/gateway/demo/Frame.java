package io.headgate.gateway.demo;

import tools.jackson.databind.node.ObjectNode;

/** One thing that a running request says: any number of notifications and questions, then one result. */
sealed interface Frame {
    record Notification(String method, ObjectNode params) implements Frame {}

    /** A request to the client, which only the legacy era can carry. */
    record Question(String id, String method, ObjectNode params) implements Frame {}

    record Result(ObjectNode value) implements Frame {}

    /** Closes the response stream while the request goes on; the client has to come back for the rest. */
    enum Detach implements Frame {
        NOW
    }

    static Result text(String text) {
        ObjectNode result = Json.object();
        result.putArray("content").addObject().put("type", "text").put("text", text);
        return new Result(result);
    }

    static Result failed(String text) {
        Result result = text(text);
        var unused = result.value().put("isError", true);
        return result;
    }
}
