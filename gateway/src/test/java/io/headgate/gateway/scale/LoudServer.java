package io.headgate.gateway.scale;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.headgate.testkit.Await;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/**
 * A server of 2025-11-25 that says very much: its tool {@code large} answers with so many bytes, {@code streamed} does so
 * on an event stream after a log message, and on each GET stream it pushes large log messages without an end.
 */
final class LoudServer implements AutoCloseable {
    private static final int PART = 64 * 1024;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;
    private final byte[] letters = new byte[16 * 1024 * 1024];
    private final int pushedBytes;
    private final AtomicInteger pushed = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** Pushes messages of this size, or none if it is 0. */
    LoudServer(int pushedBytes) {
        this.pushedBytes = pushedBytes;
        Arrays.fill(letters, (byte) 'x');
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/mcp", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/mcp";
    }

    /** How many messages were pushed. */
    int pushed() {
        return pushed.get();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            switch (exchange.getRequestMethod()) {
                case "GET" -> push(exchange);
                case "POST" -> answer(exchange);
                default -> exchange.sendResponseHeaders(200, -1);
            }
        }
    }

    private void push(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        out.write(": hello\n\n".getBytes(UTF_8));
        out.flush();
        while (pushedBytes > 0) {
            out.write(
                    "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\""
                            .getBytes(UTF_8));
            letters(out, pushedBytes);
            out.write("\"}}\n\n".getBytes(UTF_8));
            out.flush();
            pushed.incrementAndGet();
        }
        // Stays open without a word, as an honest server's does.
        exchange.getRequestBody().readAllBytes();
        try {
            closed.await();
        } catch (InterruptedException e) {
            throw Await.interrupted(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        JsonNode message = Answer.json(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
        if (!message.has("id") || !message.has("method")) {
            exchange.sendResponseHeaders(202, -1);
            return;
        }
        String id = message.get("id").toString();
        switch (message.get("method").asString()) {
            case "initialize" -> {
                exchange.getResponseHeaders().set("mcp-session-id", "s" + id + "-" + System.nanoTime());
                json(
                        exchange,
                        id,
                        "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{},\"logging\":{}},"
                                + "\"serverInfo\":{\"name\":\"loud\",\"version\":\"1\"}}");
            }
            case "tools/list" ->
                json(
                        exchange,
                        id,
                        "{\"tools\":[{\"name\":\"large\",\"inputSchema\":{\"type\":\"object\"}},"
                                + "{\"name\":\"streamed\",\"inputSchema\":{\"type\":\"object\"}}]}");
            case "tools/call" -> call(exchange, id, message.get("params"));
            case "logging/setLevel" -> json(exchange, id, "{}");
            default -> error(exchange, id);
        }
    }

    private void call(HttpExchange exchange, String id, JsonNode params) throws IOException {
        int bytes = params.get("arguments").get("bytes").asInt();
        String head = "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"";
        String tail = "\"}]}}";
        boolean isStream = params.get("name").asString().equals("streamed");
        exchange.getResponseHeaders().set("content-type", isStream ? "text/event-stream" : "application/json");
        exchange.sendResponseHeaders(200, isStream ? 0 : head.length() + bytes + tail.length());
        OutputStream out = exchange.getResponseBody();
        if (isStream) {
            out.write(("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":"
                            + "{\"level\":\"info\",\"data\":\"soon\"}}\n\ndata: ")
                    .getBytes(UTF_8));
        }
        out.write(head.getBytes(UTF_8));
        letters(out, bytes);
        out.write(tail.getBytes(UTF_8));
        if (isStream) {
            out.write("\n\n".getBytes(UTF_8));
        }
    }

    private void letters(OutputStream out, int bytes) throws IOException {
        for (int left = bytes; left > 0; left -= PART) {
            out.write(letters, 0, Math.min(left, PART));
        }
    }

    private static void json(HttpExchange exchange, String id, String result) throws IOException {
        send(exchange, 200, "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":" + result + "}");
    }

    private static void error(HttpExchange exchange, String id) throws IOException {
        send(
                exchange,
                200,
                "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"error\":{\"code\":-32601,\"message\":\"unknown\"}}");
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        closed.countDown();
        var unused = threads.shutdownNow();
    }
}
