package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.testkit.GatewayMetrics;
import io.headgate.gateway.testkit.WrittenRecords;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.SessionClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** However much a stranger sends, what is written of it stays little. */
class AuditFloodTest {
    private static final Duration FLOOD = Duration.ofSeconds(2);
    private static final int MOST_REQUESTS = 100_000;
    private static final long MOST_BYTES = 1024 * 1024;
    private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":"
            + "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";
    private static final String EARLY = "headgate_early_refusals_total";
    private static final String SLEEP = "\"name\":\"a__sleep\",\"arguments\":{\"ms\":20000}";

    /** Each kind of refusal that leaves a record, without a filter that sees it. */
    private static final List<String> KINDS = List.of(
            "malicious_cors", "input_validation_fail", "malicious_direct_reference", "session_use_after_expire");

    @TempDir
    private Path directory = Path.of("target");

    private final DemoServer server =
            DemoServer.start(DemoServerOptions.builder().build());
    private final List<Gateway> gateways = new ArrayList<>();

    @AfterEach
    void stop() {
        gateways.forEach(Gateway::stop);
        server.stop();
    }

    @Test
    void garbageLeavesOneRecordForEachKindNeighbourhoodAndMinute(TestReporter reporter) throws Exception {
        Gateway gateway = start("");
        WrittenRecords records = records();
        long before = records.bytes();
        long started = System.nanoTime();
        long end = started + FLOOD.toNanos();
        byte[] garbage = garbage(gateway);
        int sent = 0;
        try (Socket socket = new Socket("127.0.0.1", gateway.address().getPort())) {
            socket.setSoTimeout((int) ModernClient.PATIENCE.toMillis());
            while (sent < MOST_REQUESTS && System.nanoTime() - end < 0) {
                socket.getOutputStream().write(garbage);
                awaitRefusals(socket.getInputStream());
                sent += KINDS.size() + 1;
            }
        }
        gateway.stop();

        long minutes = Duration.ofNanos(System.nanoTime() - started).toMinutes();
        reporter.publishEntry("garbage", sent + " requests, " + (records.bytes() - before) + " bytes of records");
        long told = 0;
        for (String kind : KINDS) {
            List<JsonNode> written = records.of(kind);
            assertThat(written).as(kind).isNotEmpty().hasSizeLessThanOrEqualTo(2 + (int) minutes);
            assertThat(written)
                    .allSatisfy(record -> assertThat(
                                    record.path("src").path("prefix").asString())
                            .isEqualTo("127.0.0.0/24"));
            told += counted(written);
        }
        // What is no JSON-RPC at all is counted by a meter alone.
        assertThat(told).isEqualTo((long) sent / (KINDS.size() + 1) * KINDS.size());
        assertThat(records.bytes() - before).isLessThan(MOST_BYTES);
        assertThat(records.of("intent")).isEmpty();
    }

    @Test
    void whatIsRefusedByItsHeadAloneIsCountedInARecord() throws Exception {
        Gateway gateway = start("  - concurrency: {min: 1, max: 1, initial: 1, queue: 0}\n");
        ModernClient client = new ModernClient(gateway.address());
        var unused = client.send("tools/call", "a__sleep", SLEEP, "");
        GatewayMetrics metrics = new GatewayMetrics(gateway);
        Await.until("a call is in work", () -> server.activeCalls() > 0);
        // The filter refuses the first one, and says from then on by the head alone that there is no room.
        Await.until("ten calls are refused by their head", () -> {
            assertThat(client.ask("tools/call", "a__sleep", SLEEP, "").status()).isEqualTo(503);
            return metrics.get(EARLY) >= 10;
        });
        double refused = metrics.get(EARLY);
        gateway.stop();

        List<JsonNode> written = records().of("excess_rate_limit_exceeded");
        assertThat(written).isNotEmpty().allSatisfy(record -> {
            assertThat(record.path("subject").asString()).isEqualTo("overloaded");
            assertThat(record.path("src").path("prefix").asString()).isEqualTo("127.0.0.0/24");
        });
        assertThat(counted(written)).isEqualTo((long) refused);
    }

    /** One request of each kind, in their order, and one that is no JSON. */
    private static byte[] garbage(Gateway gateway) throws Exception {
        String live = SessionClient.of(gateway.address(), "{}").session();
        SessionClient ending = SessionClient.of(gateway.address(), "{}");
        ending.end();
        String modern = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: ";
        String all = request("POST", "Origin: https://evil.test\r\n" + modern + "tools/list\r\n", LIST)
                + request("POST", modern + "tools/call\r\nMcp-Name: x\r\n", LIST)
                + request("GET", "Mcp-Session-Id: " + live + "\r\nLast-Event-ID: 1-1\r\n", "")
                + request("GET", "Mcp-Session-Id: " + ending.session() + "\r\n", "")
                + request("POST", "", "garbage");
        return all.getBytes(StandardCharsets.US_ASCII);
    }

    private static String request(String method, String fields, String body) {
        return method + " /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: application/json, text/event-stream\r\n" + fields
                + (body.isEmpty()
                        ? "\r\n"
                        : "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    /** Reads on until each request of a round has been refused. */
    private static void awaitRefusals(InputStream in) throws IOException {
        StringBuilder seen = new StringBuilder();
        byte[] buffer = new byte[8192];
        while (seen.toString().split("HTTP/1.1 4\\d\\d ", -1).length <= KINDS.size() + 1
                || !seen.toString().endsWith("}")) {
            int read = in.read(buffer);
            assertThat(read).as(seen.toString()).isPositive();
            seen.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
        }
    }

    private Gateway start(String more) throws IOException {
        Path file = directory.resolve("headgate.yaml");
        Files.writeString(file, """
                listen: 127.0.0.1:0
                admin: 127.0.0.1:0
                data: %s
                shutdown: {grace: 1s}
                mcpServers:
                  a: {url: "%s"}
                filters:
                  - audit: {}
                %s  - timeout: {}
                """.formatted(directory.resolve("data"), server.url(), more));
        Gateway gateway = Gateway.start(ConfigFile.read(file));
        gateways.add(gateway);
        Await.until("the gateway is ready", gateway::isReady);
        return gateway;
    }

    private WrittenRecords records() {
        return new WrittenRecords(directory.resolve("data").resolve("audit"));
    }

    private static long counted(List<JsonNode> records) {
        return records.stream()
                .mapToLong(record -> record.path("count").asLong())
                .sum();
    }
}
