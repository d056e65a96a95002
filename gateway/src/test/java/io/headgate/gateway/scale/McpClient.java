package io.headgate.gateway.scale;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headgate.testkit.Await;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A careless client of either era: every request has the same id and the same progress token. */
final class McpClient implements AutoCloseable {
    static final String TOKEN = "the same for all";
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final String ACCEPT = "application/json, text/event-stream";
    private static final String MODERN = "2026-07-28";
    private static final String LEGACY = "2025-11-25";

    private final McpConnection connection;
    private @Nullable String session;
    private @Nullable String trace;
    private String capabilities = "{}";

    private McpClient(McpConnection connection, @Nullable String session) {
        this.connection = connection;
        this.session = session;
    }

    static McpClient modern(InetSocketAddress server) {
        return new McpClient(McpConnection.to(server), null);
    }

    /** A client without a session, whose user can be asked something. */
    static McpClient withUser(InetSocketAddress server) {
        McpClient client = modern(server);
        client.capabilities = "{\"elicitation\":{}}";
        return client;
    }

    /** A client with a session. */
    static McpClient legacy(InetSocketAddress server) {
        McpClient client = new McpClient(McpConnection.to(server), null);
        Answer answer = Await.result(
                PATIENCE,
                client.post(
                        Map.of(),
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\""
                                + LEGACY + "\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}",
                        event -> {}));
        client.session = answer.headers().get("mcp-session-id");
        if (client.session == null) {
            throw new AssertionError("no session: " + answer);
        }
        var unused = Await.result(
                PATIENCE,
                client.post(
                        client.fields(),
                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
                        event -> {}));
        return client;
    }

    /** The same client on a new connection. */
    McpClient reconnect(InetSocketAddress server) {
        return new McpClient(McpConnection.to(server), session);
    }

    CompletableFuture<Answer> call(String tool, String arguments) {
        return call(tool, arguments, message -> {});
    }

    CompletableFuture<Answer> call(String tool, String arguments, Consumer<JsonNode> notifications) {
        return events(
                "tools/call",
                tool,
                "\"name\":\"" + tool + "\",\"arguments\":" + arguments,
                event -> notifications.accept(Answer.json(event.data())));
    }

    /** A call under a trace of the client's own. */
    CompletableFuture<Answer> call(String tool, String arguments, String traceId) {
        trace = traceId;
        return call(tool, arguments);
    }

    CompletableFuture<Answer> readResource(String uri) {
        return events("resources/read", uri, "\"uri\":\"" + uri + "\"", event -> {});
    }

    CompletableFuture<Answer> listTools() {
        return events("tools/list", null, "", event -> {});
    }

    /** Opens a stream of changes of the tools; completes when the gateway ends it. */
    CompletableFuture<Answer> listen(Consumer<JsonNode> notifications) {
        return events(
                "subscriptions/listen",
                null,
                "\"notifications\":{\"toolsListChanged\":true}",
                event -> notifications.accept(Answer.json(event.data())));
    }

    /** Any request; the events still have their ids. */
    CompletableFuture<Answer> events(
            String method, @Nullable String name, String params, Consumer<EventReader.Event> listener) {
        return events(method, name, params, "\"" + TOKEN + "\"", listener);
    }

    CompletableFuture<Answer> events(
            String method, @Nullable String name, String params, String token, Consumer<EventReader.Event> listener) {
        Map<String, String> fields = fields();
        if (session == null) {
            fields.put("mcp-method", method);
            if (name != null) {
                fields.put("mcp-name", name);
            }
        }
        String meta = "\"_meta\":{\"progressToken\":" + token
                + (session == null
                        ? ",\"io.modelcontextprotocol/protocolVersion\":\"" + MODERN
                                + "\",\"io.modelcontextprotocol/clientCapabilities\":" + capabilities + "}"
                        : "}");
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":{" + params
                + (params.isEmpty() ? "" : ",") + meta + "}}";
        return post(fields, body, listener);
    }

    /** Fetches what a broken stream still had to say. */
    CompletableFuture<Answer> resume(String lastEventId, Consumer<EventReader.Event> listener) {
        Map<String, String> fields = fields();
        fields.put("last-event-id", lastEventId);
        fields.put("accept", "text/event-stream");
        return connection.send(HttpMethod.GET, fields, new byte[0], listener);
    }

    /** Opens the stream for what belongs to no call. */
    CompletableFuture<Answer> openStream() {
        Map<String, String> fields = fields();
        fields.put("accept", "text/event-stream");
        return connection.send(HttpMethod.GET, fields, new byte[0], event -> {});
    }

    /** Goes away without a word. */
    void abandon() {
        connection.abandon();
    }

    @Override
    public void close() {
        connection.close();
    }

    private CompletableFuture<Answer> post(
            Map<String, String> fields, String body, Consumer<EventReader.Event> listener) {
        Map<String, String> all = new LinkedHashMap<>(fields);
        all.putIfAbsent("accept", ACCEPT);
        return connection.send(HttpMethod.POST, all, body.getBytes(UTF_8), listener);
    }

    private Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        if (session == null) {
            fields.put("mcp-protocol-version", MODERN);
        } else {
            fields.put("mcp-protocol-version", LEGACY);
            fields.put("mcp-session-id", session);
        }
        if (trace != null) {
            fields.put("traceparent", "00-" + trace + "-00f067aa0ba902b7-01");
        }
        return fields;
    }
}
