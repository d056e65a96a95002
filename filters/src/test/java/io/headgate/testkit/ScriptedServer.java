package io.headgate.testkit;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A server on a free port that gives each request the answer of a script, and remembers what it got. */
public final class ScriptedServer implements AutoCloseable {
    static {
        // It writes head and body one after the other, and the second must not wait for an acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "scripted-server");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer server;
    private final Script script;

    /** What is answered to each request; it may wait, because each request has a thread of its own. */
    @FunctionalInterface
    public interface Script {
        Reply answer(Request request);
    }

    /** A request as it came. */
    public record Request(String httpMethod, Headers headers, String body) {
        /** The message, or an empty object. */
        public JsonNode message() {
            return McpOverHttp.json(body.isEmpty() ? "{}" : body);
        }

        /** The method of the message, or "". */
        public String method() {
            return message().path("method").asString("");
        }

        public @Nullable String field(String name) {
            return headers.getFirst(name);
        }

        /** The successful answer to it. */
        public Reply result(String result) {
            return json("\"result\":" + result);
        }

        public Reply error(int code, String text) {
            return json("\"error\":{\"code\":" + code + ",\"message\":\"" + text + "\"}");
        }

        private Reply json(String member) {
            String id = message().path("id").toString();
            return Reply.of(200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":" + id + "," + member + "}");
        }
    }

    /** What goes back. */
    public record Reply(int status, Map<String, String> fields, String body) {
        /** To what has no answer. */
        public static final Reply ACCEPTED = new Reply(202, Map.of(), "");

        public static Reply of(int status, String type, String body) {
            return new Reply(status, Map.of("Content-Type", type), body);
        }

        /** The same with another status. */
        public Reply status(int other) {
            return new Reply(other, fields, body);
        }

        /** The same with one more header field. */
        public Reply with(String name, String value) {
            Map<String, String> more = new TreeMap<>(fields);
            more.put(name, value);
            return new Reply(status, more, body);
        }
    }

    public ScriptedServer(Script script) {
        this.script = script;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** One whose answers are all the same. */
    public static ScriptedServer always(Reply reply) {
        return new ScriptedServer(request -> reply);
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + port() + "/mcp");
    }

    /** All that came so far, in its order. */
    public List<Request> requests() {
        return requests;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Request request = new Request(
                    exchange.getRequestMethod(),
                    exchange.getRequestHeaders(),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            requests.add(request);
            Reply reply = script.answer(request);
            byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
            reply.fields().forEach(exchange.getResponseHeaders()::set);
            exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
