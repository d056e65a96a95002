package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who reads /metrics of a gateway with every filter is told what each meter means. */
class DescribedMetersTest {
    @Test
    void everyMeterOfAGatewayWithEveryFilterSaysWhatItMeans(@TempDir Path directory) throws Exception {
        DemoServer server = DemoServer.start(DemoServerOptions.builder().build());
        Files.writeString(
                directory.resolve("keys.yaml"),
                "keys: [{caller: alice, key: 'sha256:7bafaa96aa2351e6b7fbc258246b08ee66ade6196c76850108303b1dd6d6eb62'}]\n");
        Path file = Files.writeString(
                directory.resolve("headgate.yaml"), """
                listen: 127.0.0.1:0
                admin: 127.0.0.1:0
                data: '%s'
                mcpServers: {demo: {url: '%s'}}
                filters:
                  - identity: {apiKeys: keys.yaml}
                  - audit: {}
                  - rateLimit: {limits: [{per: caller, rate: 100/s}]}
                  - concurrency: {}
                  - breaker: {}
                  - retry: {}
                  - timeout: {}
                """.formatted(directory.resolve("data"), server.url()));
        try (Gateway gateway = Gateway.start(ConfigFile.read(file))) {
            Await.until("the gateway is ready", gateway::isReady);
            ModernClient client = new ModernClient(gateway.address(), "Authorization", "Bearer alice-key-0123456789");
            assertThat(client.send("tools/call", "demo__echo", "\"name\":\"demo__echo\",\"arguments\":{}", "")
                            .join()
                            .status())
                    .isEqualTo(200);
            URI metrics =
                    URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + "/metrics");
            List<String> help = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith("# HELP headgate_"))
                    .toList();
            assertThat(help)
                    .anyMatch(line -> line.startsWith("# HELP headgate_concurrency_limit "))
                    .anyMatch(line -> line.startsWith("# HELP headgate_audit_records_total "))
                    .anyMatch(line -> line.startsWith("# HELP headgate_timeouts_total "))
                    .allMatch(line -> line.endsWith("."));
        } finally {
            server.stop();
        }
    }
}
