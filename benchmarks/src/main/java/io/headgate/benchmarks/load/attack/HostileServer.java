package io.headgate.benchmarks.load.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server of 2025-11-25 with one tool, that behaves as long as its attack is off. */
class HostileServer implements AutoCloseable {
    static final int PART = 64 * 1024;

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final long LOOK_AGAIN_MILLIS = 100;

    final Effort effort = new Effort();
    private final String name;
    private final String tool;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;
    private final AtomicLong sessions = new AtomicLong();
    private volatile boolean isAttacking;
    private volatile boolean isClosed;

    HostileServer(String name, String tool) throws IOException {
        this.name = name;
        this.tool = tool;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_000);
        server.setExecutor(threads);
        server.createContext("/mcp", this::handle);
        server.start();
    }

    final String name() {
        return name;
    }

    final int port() {
        return server.getAddress().getPort();
    }

    final void attack(boolean on) {
        isAttacking = on;
    }

    final boolean isAttacking() {
        return isAttacking && !isClosed;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            switch (exchange.getRequestMethod()) {
                case "GET" -> get(exchange);
                case "POST" -> post(exchange);
                default -> exchange.sendResponseHeaders(200, -1);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** A stream on which nothing is said unless the attack is on. */
    private void get(HttpExchange exchange) throws IOException, InterruptedException {
        if (isAttacking() && isResumed(exchange)) {
            return;
        }
        OutputStream out = events(exchange);
        say(out, ": hello\n\n");
        while (!isClosed) {
            if (isAttacking()) {
                push(out);
            } else {
                TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
            }
        }
    }

    /** True if it has answered a GET in another way. */
    boolean isResumed(HttpExchange exchange) throws IOException {
        return false;
    }

    /** Says something on a stream outside of calls, and waits until the next time. */
    void push(OutputStream out) throws IOException, InterruptedException {
        TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }

    private void post(HttpExchange exchange) throws IOException {
        JsonNode message = MAPPER.readTree(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
        if (!message.has("id") || !message.has("method")) {
            exchange.sendResponseHeaders(202, -1);
            return;
        }
        String id = message.get("id").toString();
        switch (message.get("method").asString()) {
            case "initialize" -> {
                exchange.getResponseHeaders().set("mcp-session-id", name + "-" + sessions.incrementAndGet());
                result(
                        exchange,
                        id,
                        "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{\"listChanged\":true},"
                                + "\"logging\":{}},\"serverInfo\":{\"name\":\"" + name + "\",\"version\":\"1\"}}");
            }
            case "tools/list" ->
                result(exchange, id, "{\"tools\":[{\"name\":\"" + tool + "\",\"inputSchema\":{\"type\":\"object\"}}]}");
            case "tools/call" -> call(exchange, id, message.get("params").path("arguments"));
            case "logging/setLevel", "ping" -> result(exchange, id, "{}");
            default ->
                json(
                        exchange,
                        "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"error\":{\"code\":-32601,\"message\":\"unknown\"}}");
        }
    }

    /** Answers a call of the tool. */
    void call(HttpExchange exchange, String id, JsonNode arguments) throws IOException {
        result(exchange, id, "{\"content\":[]}");
    }

    final OutputStream events(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        return exchange.getResponseBody();
    }

    final void say(OutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        out.write(bytes);
        out.flush();
        effort.sent(bytes.length);
    }

    final void letters(OutputStream out, int count) throws IOException {
        byte[] part = "x".repeat(PART).getBytes(UTF_8);
        for (int left = count; left > 0; left -= PART) {
            out.write(part, 0, Math.min(left, PART));
            effort.sent(Math.min(left, PART));
        }
    }

    final void result(HttpExchange exchange, String id, String result) throws IOException {
        json(exchange, "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":" + result + "}");
    }

    private void json(HttpExchange exchange, String body) throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        effort.sent(bytes.length);
    }

    @Override
    public final void close() {
        isClosed = true;
        server.stop(0);
        var unused = threads.shutdownNow();
    }
}
