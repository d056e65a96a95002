package io.headgate.gateway;

import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** A gateway with limits before the server {@code demo}. */
final class LimitedGateway implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

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
        return HTTP.sendAsync(
                        HttpRequest.newBuilder(uri)
                                .timeout(ModernClient.PATIENCE)
                                .build(),
                        BodyHandlers.ofString())
                .join()
                .body();
    }

    /** A client of 2026-07-28 at a path. */
    ModernClient modern(String path) {
        return new ModernClient(uri(path));
    }

    /** A call of a client of 2026-07-28, under the id 7. */
    CompletableFuture<HttpResponse<String>> call(String path, String tool) {
        ModernClient client = modern(path);
        return client.exchangeLater(
                client.request(7, "tools/call", tool, params(tool), "").build());
    }

    /** The members of the params of a call. */
    static String params(String tool) {
        return ModernClient.params(tool, "{\"message\":\"hi\"}");
    }

    @Override
    public void close() {
        gateway.stop();
    }
}
