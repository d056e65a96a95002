package io.headgate.gateway.demo;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One message rendered for the wire; an event without a message keeps a stream alive or gives it an id. */
final class Event {
    static final Event KEEP_ALIVE = new Event(new byte[0], false, 200, null);
    static final Event DETACH = new Event(new byte[0], false, 200, null);

    private final byte[] json;
    private final boolean last;
    private final int status;
    private final @Nullable String id;

    private Event(byte[] json, boolean last, int status, @Nullable String id) {
        this.json = json;
        this.last = last;
        this.status = status;
        this.id = id;
    }

    static Event message(byte[] json) {
        return new Event(json, false, 200, null);
    }

    static Event last(int status, byte[] json) {
        return new Event(json, true, status, null);
    }

    static Event notification(String method, ObjectNode params) {
        ObjectNode message = Json.object().put("jsonrpc", "2.0").put("method", method);
        message.set("params", params);
        return message(Json.bytes(message));
    }

    static Event question(Frame.Question question) {
        ObjectNode message =
                Json.object().put("jsonrpc", "2.0").put("id", question.id()).put("method", question.method());
        message.set("params", question.params());
        return message(Json.bytes(message));
    }

    static Event success(JsonNode id, ObjectNode result) {
        ObjectNode message = Json.object().put("jsonrpc", "2.0");
        message.set("id", id);
        message.set("result", result);
        return last(200, Json.bytes(message));
    }

    static Event failure(@Nullable JsonNode id, RpcFailure failure) {
        ObjectNode message = Json.object().put("jsonrpc", "2.0");
        if (id != null) {
            message.set("id", id);
        }
        message.set("error", failure.error());
        return last(failure.status(), Json.bytes(message));
    }

    Event withId(String id) {
        return new Event(json, last, status, id);
    }

    byte[] json() {
        return json;
    }

    boolean last() {
        return last;
    }

    int status() {
        return status;
    }

    @Nullable
    String id() {
        return id;
    }
}
