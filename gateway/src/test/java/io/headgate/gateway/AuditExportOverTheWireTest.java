package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.verify.AuditVerifier;
import io.headgate.gateway.audit.LogReceiver;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.demo.Era;
import io.headgate.gateway.testkit.GatewayMetrics;
import io.headgate.gateway.testkit.WrittenRecords;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A whole gateway that sends its records to a receiver which is not always there. */
class AuditExportOverTheWireTest {
    private static final int CALLS = 20;

    @TempDir
    private Path directory = Path.of("target");

    private final DemoServer server =
            DemoServer.start(DemoServerOptions.builder().era(Era.MODERN).build());
    private final LogReceiver receiver = new LogReceiver();
    private final ListAppender<ILoggingEvent> said = new ListAppender<>();

    @AfterEach
    void stop() {
        logger().detachAppender(said);
        server.stop();
        receiver.close();
    }

    @Test
    void everyRecordArrivesAlthoughTheReceiverWasAwayAndTheGatewayStopped() throws Exception {
        said.start();
        logger().addAppender(said);
        StringBuilder told = new StringBuilder();
        Gateway first = start();
        try {
            call(first, "before");
            GatewayMetrics metrics = new GatewayMetrics(first);
            Await.until(
                    "the records are exported", () -> metrics.get("headgate_audit_export_records_total") >= 2 * CALLS);
            receiver.goDown();
            call(first, "away");
            Await.until(
                    "the export fails and is behind",
                    () -> metrics.get("headgate_audit_export_failures_total") > 1
                            && metrics.get("headgate_audit_export_lag_seconds") > 0);
            told.append(admin(first, "/state")).append(admin(first, "/metrics"));
        } finally {
            first.stop();
        }
        receiver.comeBack();
        Gateway second = start();
        try {
            call(second, "export-secret");
            GatewayMetrics metrics = new GatewayMetrics(second);
            Set<String> written = names();
            Await.until(
                    "all is exported",
                    () -> receiver.distinct().containsAll(written)
                            && metrics.get("headgate_audit_export_lag_seconds") == 0);
        } finally {
            second.stop();
        }

        assertThat(receiver.distinct()).containsExactlyElementsOf(names());
        assertThat(AuditVerifier.verify(directory.resolve("data/audit")).isGood())
                .isTrue();
        String to = URI.create(receiver.url()).getAuthority();
        assertThat(told.toString()).contains("\"export\":{\"to\":\"http://" + to + "\",\"exported\":");
        for (ILoggingEvent line : List.copyOf(said.list)) {
            told.append(line.getFormattedMessage()).append(line.getThrowableProxy());
        }
        assertThat(told.toString()).doesNotContain("export-secret").doesNotContain("url-secret");
        try (Stream<Path> files = Files.walk(directory.resolve("data"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain("export-secret")
                        .doesNotContain("url-secret");
            }
        }
    }

    private static void call(Gateway gateway, String message) {
        ModernClient client = new ModernClient(gateway.address());
        for (int i = 0; i < CALLS; i++) {
            assertThat(client.call("new__echo", "{\"message\":\"" + message + "\"}")
                            .status())
                    .isEqualTo(200);
        }
    }

    /** Node and place of all records that are in the log now, in order. */
    private Set<String> names() throws IOException {
        Set<String> names = new LinkedHashSet<>();
        for (Path segment : AuditFiles.segments(directory.resolve("data/audit"))) {
            for (String line : WrittenRecords.lines(segment)) {
                JsonNode record = JsonMapper.shared().readTree(line);
                names.add(record.path("node").asString() + ":"
                        + record.path("seq").asLong());
            }
        }
        return names;
    }

    private Gateway start() throws IOException {
        Path file = directory.resolve("headgate.yaml");
        Files.writeString(file, """
                listen: 127.0.0.1:0
                admin: 127.0.0.1:0
                data: %s
                mcpServers:
                  new: {url: "%s"}
                filters:
                  - audit:
                      values: {"*": [message]}
                      export: {url: "%s", headers: {Authorization: Bearer export-secret}, timeout: 2s, backoff: 50ms}
                  - timeout: {}
                """.formatted(directory.resolve("data"), server.url(), receiver.url()));
        Gateway gateway = Gateway.start(ConfigFile.read(file));
        ModernClient client = new ModernClient(gateway.address());
        Await.until(
                "the server is known",
                () -> client.ask("tools/list", "", "", "").result().toString().contains("new__echo"));
        return gateway;
    }

    private static String admin(Gateway gateway, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger("io.headgate");
    }
}
