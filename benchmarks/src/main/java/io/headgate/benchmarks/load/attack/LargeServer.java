package io.headgate.benchmarks.load.attack;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import tools.jackson.databind.JsonNode;

/** Its tool answers with as many bytes as it is asked for, attack or not. */
final class LargeServer extends HostileServer {
    LargeServer() throws IOException {
        super("large", "large");
    }

    @Override
    void call(HttpExchange exchange, String id, JsonNode arguments) throws IOException {
        int bytes = arguments.path("bytes").asInt(1);
        effort.step();
        String head = "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"";
        String tail = "\"}]}}";
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(200, head.length() + bytes + tail.length());
        OutputStream out = exchange.getResponseBody();
        say(out, head);
        letters(out, bytes);
        say(out, tail);
    }
}
