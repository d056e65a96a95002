package io.headgate.testkit;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What both clients of MCP share: requests and answers over HTTP/1.1, each as a test wants it. */
public abstract sealed class McpOverHttp permits ModernClient, SessionClient {
    /** The longest wait for an answer. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final URI url;
    private final String[] fields;

    McpOverHttp(URI url, String... fields) {
        this.url = url;
        this.fields = fields;
    }

    /** A request with the fields of every request, and nothing that its body says too. */
    public HttpRequest.Builder plain() {
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream");
        return fields.length == 0 ? request : request.headers(fields);
    }

    /** Sends a body as it is. */
    public HttpResponse<String> post(String body) {
        return exchange(plain().POST(BodyPublishers.ofString(body)).build());
    }

    /** Sends a request and waits for the whole answer. */
    public HttpResponse<String> exchange(HttpRequest request) {
        try {
            return HTTP.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            throw Await.interrupted(e);
        }
    }

    /** The same without waiting. */
    public CompletableFuture<HttpResponse<String>> exchangeLater(HttpRequest request) {
        return HTTP.sendAsync(request, BodyHandlers.ofString());
    }

    /** The answer as the events of a stream. */
    public EventStream stream(HttpRequest request) {
        // The head may come only with the first event, so waiting for it is left to the reader.
        return new EventStream(HTTP.sendAsync(request, BodyHandlers.ofLines()));
    }

    /** All messages of an answer, the response last. */
    static List<JsonNode> messages(String body) {
        if (body.startsWith("{")) {
            return List.of(json(body));
        }
        return body.lines()
                .filter(line -> line.startsWith("data: ") && line.length() > 6)
                .map(line -> json(line.substring(6)))
                .toList();
    }

    public static JsonNode json(String text) {
        return JSON.readTree(text);
    }
}
