package io.headgate.gateway;

import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.testkit.Await;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A gateway with limits before the server {@code demo}, and clients of it in their own words. */
final class LimitedGateway implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    final Gateway gateway;

    /** @param rateLimit the configuration of the filter, in one line */
    LimitedGateway(Path directory, DemoServer server, String rateLimit) throws IOException {
        Path file = Files.createTempFile(directory, "headgate", ".yaml");
        Files.writeString(file, """
                listen: 127.0.0.1:0
                admin: 127.0.0.1:0
                mcpServers: {demo: {url: '%s'}}
                filters: [{rateLimit: %s}, {timeout: 60s}]
                """.formatted(server.url(), rateLimit));
        gateway = Gateway.start(ConfigFile.read(file));
        Await.until("the gateway is ready", gateway::isReady);
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + gateway.address().getPort() + path);
    }

    /** What the admin port shows. */
    String admin(String path) {
        URI uri = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + path);
        return HTTP.sendAsync(HttpRequest.newBuilder(uri).timeout(PATIENCE).build(), BodyHandlers.ofString())
                .join()
                .body();
    }

    /** A call in the words of the newer era. */
    static String modernCall(String tool) {
        return """
                {"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"%s","arguments":{"message":"hi"},\
                "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
                "io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},\
                "io.modelcontextprotocol/clientCapabilities":{}}}}""".formatted(tool);
    }

    static String legacyCall(String tool) {
        return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":{\"message\":\"hi\"}}}";
    }

    CompletableFuture<HttpResponse<String>> modern(String path, String tool) {
        return post(
                uri(path),
                modernCall(tool),
                "MCP-Protocol-Version",
                "2026-07-28",
                "Mcp-Method",
                "tools/call",
                "Mcp-Name",
                tool);
    }

    static CompletableFuture<HttpResponse<String>> post(URI uri, String body, String... fields) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (fields.length > 0) {
            request.headers(fields);
        }
        return HTTP.sendAsync(request.build(), BodyHandlers.ofString());
    }

    @Override
    public void close() {
        gateway.stop();
    }
}
