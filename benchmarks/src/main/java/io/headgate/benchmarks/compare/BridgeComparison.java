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
        try (MeasuredProcess modernServer = demo("modern");
                MeasuredProcess legacyServer = demo("legacy")) {
            Files.writeString(
                    config, """
                    listen: 127.0.0.1:%d
                    admin: 127.0.0.1:%d
                    mcpServers:
                      new: {url: "http://127.0.0.1:%d/mcp"}
                      old: {url: "http://127.0.0.1:%d/mcp"}
                    """.formatted(port, MeasuredProcess.freePort(), modernServer.port(), legacyServer.port()));
            List<String> command = new ArrayList<>(NginxComparison.singleLoop());
            command.addAll(List.of("run", "-c", config.toString()));
            try (MeasuredProcess gateway = MeasuredProcess.start(command, port, directory.resolve("headgate.log"))) {
                String session = session(port);
                Cell modern = new Cell("2026-07-28 to 2026-07-28", Map.of("CALL_TOOL", "new__echo"));
                Cell bridgedModern = new Cell("2026-07-28 to 2025-11-25", Map.of("CALL_TOOL", "old__echo"));
                Cell legacy =
                        new Cell("2025-11-25 to 2025-11-25", Map.of("CALL_TOOL", "old__echo", "CALL_SESSION", session));
                Cell bridgedLegacy =
                        new Cell("2025-11-25 to 2026-07-28", Map.of("CALL_TOOL", "new__echo", "CALL_SESSION", session));
                List<Cell> cells = List.of(modern, bridgedModern, legacy, bridgedLegacy);
                for (Cell cell : cells) {
                    wrk.run(gateway, port, cell.variables, warmUpSeconds);
                }
                for (int round = 0; round < rounds; round++) {
                    for (Cell cell : cells) {
                        cell.rounds.add(wrk.run(gateway, port, cell.variables, seconds));
                    }
                }
                cells.forEach(cell -> WrkLoad.report(cell.name, cell.rounds));
                ratio(bridgedModern, modern);
                ratio(bridgedLegacy, legacy);
            }
        }
    }

    private static void ratio(Cell crossed, Cell same) {
        System.out.printf(
                Locale.ROOT,
                "%s / %s, CPU per call, ratio of medians: %.2f%n",
                crossed.name,
                same.name,
                WrkLoad.cpuMicros(crossed.rounds) / WrkLoad.cpuMicros(same.rounds));
    }

    /** The revision of the client and that of the server, and what came of their calls. */
    private static final class Cell {
        private final String name;
        private final Map<String, String> variables;
        private final List<WrkLoad.Round> rounds = new ArrayList<>();

        Cell(String name, Map<String, String> variables) {
            this.name = name;
            this.variables = variables;
        }
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
