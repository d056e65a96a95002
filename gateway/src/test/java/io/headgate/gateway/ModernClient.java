package io.headgate.gateway;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client of 2026-07-28 over real sockets, which can be asked everything. */
final class ModernClient {
    static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String CAPABILITIES =
            "{\"elicitation\":{\"form\":{},\"url\":{}},\"sampling\":{},\"roots\":{}}";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI url;
    private final String[] fields;
    private int lastId;

    /** A client whose requests have these header fields too: name, value, name, value. */
    ModernClient(Gateway gateway, String... fields) {
        this(gateway, "/mcp", fields);
    }

    private ModernClient(Gateway gateway, String path, String... fields) {
        this.url = URI.create("http://127.0.0.1:" + gateway.address().getPort() + path);
        this.fields = fields;
    }

    /** A client of one server. */
    static ModernClient of(Gateway gateway, String server) {
        return new ModernClient(gateway, "/mcp/" + server, new String[0]);
    }

    /** All messages that came back, the response last. */
    record Answer(int status, List<JsonNode> messages) {
        JsonNode last() {
            return messages.get(messages.size() - 1);
        }

        JsonNode result() {
            return last().path("result");
        }

        String text() {
            return result().path("content").path(0).path("text").asString("");
        }

        /** The keys under which the client was asked something, in their order. */
        List<String> asked() {
            return new ArrayList<>(result().path("inputRequests").propertyNames());
        }

        String state() {
            return result().path("requestState").asString();
        }
    }

    Answer call(String tool, String arguments) {
        return ask("tools/call", tool, "\"name\":\"" + tool + "\",\"arguments\":" + arguments, "");
    }

    /** Comes back with answers. */
    Answer call(String tool, String arguments, Answer former, String responses) {
        return call(tool, arguments, former, responses, "");
    }

    Answer call(String tool, String arguments, Answer former, String responses, String meta) {
        return ask(
                "tools/call",
                tool,
                "\"name\":\"" + tool + "\",\"arguments\":" + arguments + ",\"inputResponses\":" + responses
                        + ",\"requestState\":\"" + former.state() + "\"",
                meta);
    }

    /** Any request; {@code meta} is more members of its _meta. */
    Answer ask(String method, String name, String params, String meta) {
        return send(method, name, params, meta).join();
    }

    CompletableFuture<Answer> send(String method, String name, String params, String meta) {
        return http.sendAsync(request(method, name, params, meta), HttpResponse.BodyHandlers.ofString())
                .thenApply(response -> new Answer(response.statusCode(), messages(response.body())));
    }

    /** The lines of an answer as they come. */
    HttpResponse<Stream<String>> open(String method, String params) throws IOException {
        try {
            return http.send(request(method, "", params, ""), HttpResponse.BodyHandlers.ofLines());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }

    private synchronized HttpRequest request(String method, String name, String params, String meta) {
        lastId++;
        String body = "{\"jsonrpc\":\"2.0\",\"id\":" + lastId + ",\"method\":\"" + method + "\",\"params\":{" + params
                + (params.isEmpty() ? "" : ",")
                + "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                + "\"io.modelcontextprotocol/clientCapabilities\":" + CAPABILITIES + (meta.isEmpty() ? "" : "," + meta)
                + "}}}";
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .header("MCP-Protocol-Version", "2026-07-28")
                .header("Mcp-Method", method)
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (!name.isEmpty()) {
            request.header("Mcp-Name", name);
        }
        if (fields.length > 0) {
            request.headers(fields);
        }
        return request.build();
    }

    private static List<JsonNode> messages(String body) {
        if (body.startsWith("{")) {
            return List.of(MAPPER.readTree(body));
        }
        return body.lines()
                .filter(line -> line.startsWith("data: ") && line.length() > 6)
                .map(line -> MAPPER.readTree(line.substring(6)))
                .toList();
    }
}
