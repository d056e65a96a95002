package io.headgate.gateway.hostile;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One connection that speaks HTTP/1.1 to the gateway, and what it makes of the answers. */
final class Client implements AutoCloseable {
    static final double PATIENCE_SECONDS = 10;

    private final Wire wire;
    private final HttpReader reader;
    private boolean isGet;

    Client(Wire wire) {
        this.wire = wire;
        this.reader = new HttpReader(wire);
    }

    static Client connect(InetSocketAddress address) throws IOException {
        return new Client(Wire.open(address));
    }

    /** Sends one request on a connection of its own and returns its answer. */
    static Response once(InetSocketAddress address, Request request) throws IOException, InterruptedException {
        try (Client client = connect(address)) {
            client.send(request);
            Response response = client.answer(Wire.Deadline.in(PATIENCE_SECONDS));
            if (response == null) {
                throw new IOException("no answer to " + request.method + " " + request.path);
            }
            return response;
        }
    }

    Wire wire() {
        return wire;
    }

    HttpReader reader() {
        return reader;
    }

    boolean send(Request request) {
        isGet = request.method.equals("GET");
        return wire.write(request.head()) && wire.write(request.payload(), request.segment);
    }

    /** The next answer, complete or an event stream that has begun and stays open; null if none comes by then. */
    @Nullable
    Response answer(Wire.Deadline deadline) throws IOException, InterruptedException {
        Response response = reader.nextUntil(this::isOpenStream, deadline);
        if (response == null) {
            return null;
        }
        boolean cut = !response.isComplete() && !isOpenStream(response);
        return cut && wire.end() != Wire.End.OPEN ? null : response;
    }

    /** True for a stream that is not expected to end by itself: a subscription, or a GET stream. */
    private boolean isOpenStream(Response response) {
        if (!response.isStream() || response.status() != 200) {
            return false;
        }
        List<JsonNode> messages = isGet ? List.of() : response.messages();
        return isGet || (!messages.isEmpty() && isAcknowledgement(messages.get(0)));
    }

    static boolean isAcknowledgement(JsonNode message) {
        return message.path("method").asString("").equals("notifications/subscriptions/acknowledged");
    }

    /** What an answer says: {@code result}, the name of a code, {@code acknowledged}, {@code stream} or {@code none}. */
    static String rpcName(@Nullable Response response, HostileFile file) {
        if (response == null) {
            return "none";
        }
        List<JsonNode> messages = response.messages();
        if (!messages.isEmpty() && isAcknowledgement(messages.get(0))) {
            return "acknowledged";
        }
        for (JsonNode message : messages) {
            if (message.has("error")) {
                return file.codeName(message.path("error").path("code").asInt(0));
            }
            if (message.has("result")) {
                return message.path("result").path("isError").asBoolean(false) ? "tool_error" : "result";
            }
        }
        return response.isStream() ? "stream" : "none";
    }

    @Override
    public void close() {
        wire.close();
    }
}
