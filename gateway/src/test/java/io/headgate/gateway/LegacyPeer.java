package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client of 2025-11-25 with a session of the whole fleet, in its own words. */
final class LegacyPeer {
    static final String ALL = "{\"elicitation\":{},\"sampling\":{},\"roots\":{\"listChanged\":true}}";

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final URI uri;
    private final String session;

    private LegacyPeer(URI uri, String session) {
        this.uri = uri;
        this.session = session;
    }

    static LegacyPeer of(InetSocketAddress gateway, String capabilities) throws Exception {
        LegacyPeer stranger = new LegacyPeer(URI.create("http://127.0.0.1:" + gateway.getPort() + "/mcp"), "");
        HttpResponse<String> opened = HTTP.send(stranger.post("""
                        {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",\
                        "capabilities":%s,"clientInfo":{"name":"peer","version":"1"}}}""".formatted(capabilities)), BodyHandlers.ofString());
        return new LegacyPeer(
                stranger.uri, opened.headers().firstValue("mcp-session-id").orElseThrow());
    }

    private HttpRequest.Builder request() {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream");
        return session.isEmpty() ? request : request.header("Mcp-Session-Id", session);
    }

    private HttpRequest post(String body) {
        return request().POST(BodyPublishers.ofString(body)).build();
    }

    /** The one answer to a request that has no stream. */
    JsonNode ask(String method, String params) throws Exception {
        HttpResponse<String> answer = HTTP.send(post(message(method, params)), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        return MAPPER.readTree(answer.body());
    }

    JsonNode call(String tool, String arguments) throws Exception {
        return ask("tools/call", "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}");
    }

    /** The events of a call's answer. */
    Events calling(String tool, String arguments) throws Exception {
        return stream(post(message(
                "tools/call",
                "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + ",\"_meta\":{\"progressToken\":\"t\"}}")));
    }

    Events stream(String method, String params) throws Exception {
        return stream(post(message(method, params)));
    }

    /** The stream of what belongs to no call. */
    Events standing() throws Exception {
        return stream(request().GET().build());
    }

    Events resume(String lastEventId) throws Exception {
        return stream(request().header("Last-Event-ID", lastEventId).GET().build());
    }

    void answer(JsonNode question, String result) throws Exception {
        tell("{\"jsonrpc\":\"2.0\",\"id\":" + question.get("id") + ",\"result\":" + result + "}");
    }

    void tell(String message) throws Exception {
        assertThat(HTTP.send(post(message), BodyHandlers.ofString()).statusCode())
                .isEqualTo(202);
    }

    void end() throws Exception {
        assertThat(HTTP.send(request().DELETE().build(), BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(200);
    }

    private static Events stream(HttpRequest request) throws Exception {
        // The head may come only with the first event, so waiting for it is left to whoever reads.
        return new Events(HTTP.sendAsync(request, BodyHandlers.ofLines()));
    }

    private static String message(String method, String params) {
        return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}";
    }

    /** An open event stream. */
    static final class Events implements AutoCloseable {
        private final CompletableFuture<HttpResponse<Stream<String>>> response;
        private @Nullable Iterator<String> lines;
        private String lastId = "";

        Events(CompletableFuture<HttpResponse<Stream<String>>> response) {
            this.response = response;
        }

        String lastId() {
            return lastId;
        }

        /** Waits until the stream is open. */
        Events opened() {
            var unused = lines();
            return this;
        }

        private Iterator<String> lines() {
            Iterator<String> known = lines;
            if (known != null) {
                return known;
            }
            HttpResponse<Stream<String>> head = response.join();
            assertThat(head.headers().firstValue("content-type")).contains("text/event-stream");
            Iterator<String> opened = head.body().iterator();
            lines = opened;
            return opened;
        }

        /** The next event that has data. */
        JsonNode next() throws IOException {
            Iterator<String> all = lines();
            while (all.hasNext()) {
                String line = all.next();
                if (line.startsWith("id:")) {
                    lastId = line.substring(3).strip();
                }
                if (line.startsWith("data:") && !line.substring(5).isBlank()) {
                    return MAPPER.readTree(line.substring(5));
                }
            }
            throw new AssertionError("the stream has ended");
        }

        @Override
        public void close() {
            response.thenAccept(head -> head.body().close()).join();
        }
    }
}
