package io.headgate.gateway.demo;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Something that only the client can answer. */
record Question(String method, ObjectNode params) {
    static Question elicitation(String message, String requestedSchema) {
        ObjectNode params = Json.object().put("message", message);
        params.set("requestedSchema", Json.object(requestedSchema));
        return new Question("elicitation/create", params);
    }

    static Question sampling(String prompt, int maxTokens) {
        ObjectNode params = Json.object();
        ArrayNode messages = params.putArray("messages");
        messages.addObject()
                .put("role", "user")
                .putObject("content")
                .put("type", "text")
                .put("text", prompt);
        return new Question("sampling/createMessage", params.put("maxTokens", maxTokens));
    }

    static Question roots() {
        return new Question("roots/list", Json.object());
    }

    /** The capability that a client must declare before it may be asked this. */
    String capability() {
        return method.substring(0, method.indexOf('/'));
    }

    boolean isAnsweredBy(JsonNode answer) {
        return switch (method) {
            case "elicitation/create" ->
                switch (answer.path("action").asString("")) {
                    case "accept", "decline", "cancel" -> true;
                    default -> false;
                };
            case "sampling/createMessage" -> answer.has("content");
            default -> answer.path("roots").isArray();
        };
    }
}
