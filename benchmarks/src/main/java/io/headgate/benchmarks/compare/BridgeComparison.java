package io.headgate.benchmarks.compare;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What does a call cost that crosses from one era to the other, beside one that stays in its era?
 *
 * <p>One gateway before a demo server of each era; wrk makes the same call in the four cells, round after round. Run with
 * {@code java -cp benchmarks/target/classes io.headgate.benchmarks.compare.BridgeComparison}; {@code --smoke} makes one
 * short round. Needs wrk.
 */
public final class BridgeComparison {
    private final Path directory = Files.createTempDirectory("headgate-bridge");
    private final WrkLoad wrk = new WrkLoad(directory);

    private BridgeComparison() throws IOException {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean smoke = List.of(arguments).contains("--smoke");
        new BridgeComparison().run(smoke ? 1 : 7, smoke ? 1 : 5, smoke ? 1 : 10);
    }

    private void run(int rounds, int seconds, int warmUpSeconds) throws IOException, InterruptedException {
        int port = MeasuredProcess.freePort();
        Path config = directory.resolve("headgate.yaml");
        try (MeasuredProcess modern = demo("modern");
                MeasuredProcess legacy = demo("legacy")) {
            Files.writeString(config, """
                    listen: 127.0.0.1:%d
                    admin: 127.0.0.1:%d
                    mcpServers:
                      new: {url: "http://127.0.0.1:%d/mcp"}
                      old: {url: "http://127.0.0.1:%d/mcp"}
                    """.formatted(port, MeasuredProcess.freePort(), modern.port(), legacy.port()));
            List<String> command = new ArrayList<>(NginxComparison.singleLoop());
            command.addAll(List.of("run", "-c", config.toString()));
            try (MeasuredProcess gateway = MeasuredProcess.start(command, port, directory.resolve("headgate.log"))) {
                String session = session(port);
                Map<String, Map<String, String>> cells = new LinkedHashMap<>();
                cells.put("2026-07-28 to 2026-07-28", Map.of("CALL_TOOL", "new__echo"));
                cells.put("2026-07-28 to 2025-11-25", Map.of("CALL_TOOL", "old__echo"));
                cells.put("2025-11-25 to 2025-11-25", Map.of("CALL_TOOL", "old__echo", "CALL_SESSION", session));
                cells.put("2025-11-25 to 2026-07-28", Map.of("CALL_TOOL", "new__echo", "CALL_SESSION", session));
                Map<String, List<WrkLoad.Round>> seen = new LinkedHashMap<>();
                for (Map.Entry<String, Map<String, String>> cell : cells.entrySet()) {
                    wrk.run(gateway, port, cell.getValue(), warmUpSeconds);
                    seen.put(cell.getKey(), new ArrayList<>());
                }
                for (int round = 0; round < rounds; round++) {
                    for (Map.Entry<String, Map<String, String>> cell : cells.entrySet()) {
                        seen.get(cell.getKey()).add(wrk.run(gateway, port, cell.getValue(), seconds));
                    }
                }
                seen.forEach(WrkLoad::report);
                ratio(seen, "2026-07-28 to 2025-11-25", "2026-07-28 to 2026-07-28");
                ratio(seen, "2025-11-25 to 2026-07-28", "2025-11-25 to 2025-11-25");
            }
        }
    }

    private static void ratio(Map<String, List<WrkLoad.Round>> seen, String crossed, String same) {
        System.out.printf(
                Locale.ROOT,
                "%s / %s, CPU per call, ratio of medians: %.2f%n",
                crossed,
                same,
                WrkLoad.cpuMicros(seen.get(crossed)) / WrkLoad.cpuMicros(seen.get(same)));
    }

    private MeasuredProcess demo(String era) throws IOException {
        int port = MeasuredProcess.freePort();
        List<String> command = new ArrayList<>(NginxComparison.plainJava());
        command.addAll(List.of("demo-server", "--listen", "127.0.0.1:" + port, "--era", era));
        return MeasuredProcess.start(command, port, directory.resolve(era + ".log"));
    }

    private static String session(int port) throws IOException, InterruptedException {
        HttpRequest initialize = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/mcp"))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .POST(BodyPublishers.ofString("""
                        {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
                        "capabilities":{},"clientInfo":{"name":"wrk","version":"4"}}}"""))
                .build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(initialize, BodyHandlers.ofString());
        return response.headers().firstValue("mcp-session-id").orElseThrow(() -> new IOException(response.body()));
    }
}
