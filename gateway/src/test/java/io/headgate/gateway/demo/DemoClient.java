package io.headgate.gateway.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Talks to a demo server over a real socket, in the words of either era. */
final class DemoClient {
    static final String ALL_CAPABILITIES = "{\"sampling\":{},\"elicitation\":{},\"roots\":{}}";

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final DemoServer server;
    private final @Nullable String session;

    private DemoClient(DemoServer server, @Nullable String session) {
        this.server = server;
        this.session = session;
    }

    static DemoClient modern(DemoServer server) {
        return new DemoClient(server, null);
    }

    static DemoClient legacy(DemoServer server, String version) {
        DemoClient stranger = new DemoClient(server, null);
        HttpResponse<String> response = stranger.send(stranger.plain()
                .POST(BodyPublishers.ofString("""
                        {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"%s",
                         "capabilities":%s,"clientInfo":{"name":"test","version":"1"}}}""".formatted(version, ALL_CAPABILITIES)))
                .build());
        return new DemoClient(
                server, response.headers().firstValue("mcp-session-id").orElseThrow());
    }

    static DemoClient legacy(DemoServer server) {
        return legacy(server, "2025-11-25");
    }

    /** A request builder with all headers but those that repeat the body. */
    HttpRequest.Builder plain() {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url()))
                .timeout(Duration.ofSeconds(10))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream");
        if (session != null) {
            request.header("Mcp-Session-Id", session);
        }
        return request;
    }

    /** A legacy message as it is, or a modern request completed with all that it has to say about itself. */
    HttpRequest request(Object id, String method, String params) {
        if (session != null) {
            return plain().POST(BodyPublishers.ofString("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"" + method
                            + "\",\"params\":" + params + "}"))
                    .build();
        }
        return modernRequest(id, method, params).build();
    }

    HttpRequest.Builder modernRequest(Object id, String method, String params) {
        HttpRequest.Builder request =
                plain().header("MCP-Protocol-Version", "2026-07-28").header("Mcp-Method", method);
        JsonNode name = json(params).path(method.equals("resources/read") ? "uri" : "name");
        if (name.isString()) {
            request.header("Mcp-Name", name.stringValue());
        }
        return request.POST(BodyPublishers.ofString(modernBody(id, method, params)));
    }

    static String modernBody(Object id, String method, String params) {
        String meta = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                + "\"io.modelcontextprotocol/clientCapabilities\":" + ALL_CAPABILITIES
                + ",\"progressToken\":\"token\"}";
        String rest = params.substring(1);
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":{" + meta
                + (rest.equals("}") ? "" : ",") + rest + "}";
    }

    JsonNode ask(String method, String params) {
        return json(send(request(1, method, params)).body());
    }

    JsonNode call(String tool, String arguments) {
        return ask("tools/call", "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}");
    }

    CompletableFuture<JsonNode> calling(Object id, String tool, String arguments) {
        HttpRequest request = request(id, "tools/call", "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}");
        return HTTP.sendAsync(request, BodyHandlers.ofString()).thenApply(response -> json(last(response.body())));
    }

    HttpResponse<String> send(HttpRequest request) {
        try {
            return HTTP.send(request, BodyHandlers.ofString());
        } catch (IOException | InterruptedException failed) {
            throw new AssertionError(failed);
        }
    }

    HttpResponse<String> post(String body) {
        return send(plain().POST(BodyPublishers.ofString(body)).build());
    }

    /** The events of a stream, each awaited when it is asked for. */
    static Events stream(HttpRequest request) {
        try {
            return new Events(HTTP.send(request, BodyHandlers.ofLines()));
        } catch (IOException | InterruptedException failed) {
            throw new AssertionError(failed);
        }
    }

    /** Sends a request and returns the open connection, to be closed without reading the answer. */
    static Socket connection(DemoServer server, HttpRequest request, String body) {
        StringBuilder text = new StringBuilder("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        request.headers()
                .map()
                .forEach((name, values) ->
                        text.append(name).append(": ").append(values.get(0)).append("\r\n"));
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        text.append("Content-Length: ").append(bytes.length).append("\r\n\r\n");
        try {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
            socket.getOutputStream().write(text.toString().getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            return socket;
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    static JsonNode json(String text) {
        return MAPPER.readTree(text);
    }

    private static String last(String body) {
        return body.startsWith("{")
                ? body
                : body.substring(body.lastIndexOf("data: ") + 6).strip();
    }

    /** An open event stream. */
    static final class Events implements AutoCloseable {
        private final HttpResponse<Stream<String>> response;
        private final Iterator<String> lines;
        private String lastId = "";

        Events(HttpResponse<Stream<String>> response) {
            this.response = response;
            this.lines = response.body().iterator();
        }

        int status() {
            return response.statusCode();
        }

        String lastId() {
            return lastId;
        }

        /** The data of the next event; an event without data is passed over, but its id is kept. */
        JsonNode next() {
            while (lines.hasNext()) {
                String line = lines.next();
                if (line.startsWith("id: ")) {
                    lastId = line.substring(4);
                }
                if (line.startsWith("data: ") && line.length() > 6) {
                    return json(line.substring(6));
                }
            }
            throw new AssertionError("the stream has ended");
        }

        boolean ended() {
            while (lines.hasNext()) {
                String line = lines.next();
                if (line.startsWith("id: ")) {
                    lastId = line.substring(4);
                }
                if (line.startsWith("data: ") && line.length() > 6) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public void close() {
            response.body().close();
        }
    }
}
