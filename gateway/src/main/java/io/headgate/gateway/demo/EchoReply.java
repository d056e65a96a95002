package io.headgate.gateway.demo;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The answer to {@code echo}, put together from rendered parts: it is what a load test calls. */
final class EchoReply {
    private static final byte[] START = Json.utf8("{\"jsonrpc\":\"2.0\",\"id\":");
    private static final byte[] CONTENT = Json.utf8(",\"result\":{\"content\":[{\"type\":\"text\",\"text\":");

    private final byte[] end;

    /** The end of the result differs: only the modern era says there what kind of result it is and who speaks. */
    EchoReply(@Nullable ObjectNode extra) {
        String members = extra == null
                ? ""
                : "," + extra.toString().substring(1, extra.toString().length() - 1);
        this.end = Json.utf8("}]" + members + "}}");
    }

    /** The message to be echoed if that is what the request wants and nothing stands in the way, otherwise null. */
    static @Nullable String message(Message message) {
        if (!message.method().equals("tools/call")
                || !message.body().path("params").path("name").asString("").equals(LoadTools.ECHO)) {
            return null;
        }
        JsonNode text = message.body().path("params").path("arguments").path("message");
        return text.isString() ? text.stringValue() : null;
    }

    byte[] render(JsonNode id, String text) {
        byte[] idBytes = id.isString() ? Json.quoted(id.stringValue()) : Json.utf8(id.toString());
        byte[] quoted = Json.quoted(text);
        int size = START.length + idBytes.length + CONTENT.length + quoted.length + end.length;
        ByteArrayOutputStream out = new ByteArrayOutputStream(size);
        out.writeBytes(START);
        out.writeBytes(idBytes);
        out.writeBytes(CONTENT);
        out.writeBytes(quoted);
        out.writeBytes(end);
        return out.toByteArray();
    }
}
