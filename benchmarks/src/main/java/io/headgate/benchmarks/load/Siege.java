package io.headgate.benchmarks.load;

import io.headgate.benchmarks.load.attack.Attacks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * A gateway with little memory between healthy servers, hostile servers, and those who have a key for it, of whom some are
 * hostile.
 */
final class Siege implements AutoCloseable {
    private static final int HONEST = 32;
    private static final int HOSTILE = 16;
    private static final int WORKERS = 32;

    /** As many as the hostile callers can have, and a few more, so that they can fill it. */
    private static final String SESSIONS = "sessions: {max: 1000}";

    private static final String MESSAGE_BYTES = "limits: {messageBytes: 1MiB}";

    private final Fleet fleet = new Fleet();
    private final List<String> honest = keys("honest", HONEST);
    private final List<String> hostile = keys("hostile", HOSTILE);
    private final Besiegers servers;
    private final Besiegers callers;

    Siege(boolean smoke) throws Exception {
        servers = new Besiegers("servers", fleet.directory(), smoke, List.of());
        fleet.server("demo", WORKERS);
        fleet.server("old", WORKERS, "--era", "legacy");
        fleet.member("demo", MESSAGE_BYTES);
        servers.ports()
                .properties()
                .forEach(server ->
                        fleet.stranger(server.getKey(), server.getValue().asInt()));
        fleet.heap("-Xmx256m");
        fleet.line(SESSIONS);
        fleet.line("data: " + fleet.directory().resolve("data"));
        writeKeys();
        fleet.gateway("""
                - identity: {apiKeys: keys.yaml}
                - audit: {durability: strict}
                - concurrency: {}
                - breaker: {}
                - retry: {}
                - timeout: 60s
                """);
        callers = new Besiegers("callers", fleet.directory(), smoke, arguments());
        awaitServers();
    }

    private static List<String> keys(String who, int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> who + "-key-" + number)
                .toList();
    }

    private List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of(Integer.toString(fleet.port())));
        arguments.addAll(hostile);
        return arguments;
    }

    private void writeKeys() throws IOException, NoSuchAlgorithmException {
        StringBuilder yaml = new StringBuilder("keys:\n");
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        List<String> all = new ArrayList<>(honest);
        all.addAll(hostile);
        for (String key : all) {
            byte[] hash = digest.digest(key.getBytes(StandardCharsets.US_ASCII));
            yaml.append("  - {caller: ")
                    .append(key.replace("-key", ""))
                    .append(", key: \"sha256:")
                    .append(HexFormat.of().formatHex(hash))
                    .append("\"}\n");
        }
        Files.writeString(fleet.directory().resolve("keys.yaml"), yaml);
    }

    private void awaitServers() throws IOException, InterruptedException {
        int servers = 2 + this.servers.ports().size();
        fleet.await("headgate_upstream_healthy", servers);
    }

    Fleet fleet() {
        return fleet;
    }

    List<String> honestKeys() {
        return honest;
    }

    Path auditLog() {
        return fleet.directory().resolve("data").resolve("audit");
    }

    void attack(String name, boolean on) throws IOException {
        // A server begins before its callers, and ends after them.
        (on ? servers : callers).attack(name, on);
        (on ? callers : servers).attack(name, on);
    }

    void attackAll(boolean on) throws IOException {
        for (String name : Attacks.ALL) {
            attack(name, on);
        }
    }

    /** What hostile callers have done, by attack. */
    JsonNode callers() throws IOException {
        return callers.report();
    }

    /** What hostile servers have done, by attack. */
    JsonNode servers() throws IOException {
        return servers.report();
    }

    /** Adds what both have done; an attack that did nothing would say nothing of the gateway. */
    void tell(Map<String, Object> result) throws IOException {
        JsonNode byCallers = callers();
        JsonNode byServers = servers();
        for (String name : Attacks.ALL) {
            if (byCallers.path(name).path("steps").asLong(0)
                            + byServers.path(name).path("steps").asLong(0)
                    == 0) {
                throw new IllegalStateException(name + " did nothing: " + fleet.directory());
            }
        }
        result.put("callers", byCallers);
        result.put("servers", byServers);
    }

    double callersCpuSeconds() {
        return callers.cpuSeconds();
    }

    double serversCpuSeconds() {
        return servers.cpuSeconds();
    }

    /** Waits until the gateway holds as little as at the beginning, or for so long. */
    void awaitMemory(double bytes, int seconds) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (fleet.counter("headgate_memory_held_bytes") > bytes && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    @Override
    public void close() {
        callers.close();
        fleet.close();
        servers.close();
    }
}
