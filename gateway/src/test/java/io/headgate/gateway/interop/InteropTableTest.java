package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/**
 * Clients of every SDK through the gateway before servers of every SDK: what the table in {@code PROTOCOL.md} says, no more and
 * no less. What does not pass stands in {@code exceptions.yml} with its reason; what is excused and passes fails the test too.
 *
 * <p>{@code -Dheadgate.table.servers=go,rust} takes these servers only.
 */
@Tag("slow")
// Every client meets every server.
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class InteropTableTest {
    /** Most of a check is waiting. */
    private static final int SERVERS_AT_ONCE = 2;

    private static final List<String> ONLY =
            List.of(System.getProperty("headgate.table.servers", "").split(","));

    @BeforeAll
    // The first run installs packages.
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    static void install() {
        InteropTools.install();
        GoPeers.install();
        RustPeers.install();
        for (Python environment : Python.values()) {
            environment.install();
        }
    }

    @TestFactory
    List<DynamicTest> everyClientAndEveryServer() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (List<DynamicTest> each : together()) {
            tests.addAll(each);
        }
        return tests;
    }

    private static List<TableServer> wanted() {
        return Stream.of(TableServer.values())
                .filter(server -> ONLY.contains("") || ONLY.contains(server.key()))
                .toList();
    }

    private List<List<DynamicTest>> together() throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(SERVERS_AT_ONCE);
        try {
            List<Future<List<DynamicTest>>> running = new ArrayList<>();
            for (TableServer server : wanted()) {
                running.add(threads.submit(() -> allClients(server)));
            }
            List<List<DynamicTest>> results = new ArrayList<>();
            for (Future<List<DynamicTest>> one : running) {
                results.add(one.get());
            }
            return results;
        } finally {
            List<Runnable> unused = threads.shutdownNow();
        }
    }

    /** One after the other: a server may tell all its clients of a change that one of them caused. */
    private List<DynamicTest> allClients(TableServer server) {
        List<DynamicTest> tests = new ArrayList<>();
        try (PeerProcess process = server.start();
                Front headgate = HeadgateFixture.before(Era.LEGACY, server.upstream(process))) {
            for (TableClient client : TableClient.values()) {
                List<JsonNode> lines = client.run(
                        headgate, InteropTable.possible(client, server).toList());
                tests.add(
                        dynamicTest(client.key() + " to " + server.key(), () -> assertOutcome(client, server, lines)));
            }
        }
        return tests;
    }

    private static Map<String, Boolean> outcomes(List<JsonNode> lines) {
        return lines.stream()
                .collect(Collectors.toMap(
                        line -> line.path("check").asString(),
                        line -> line.path("ok").asBoolean(),
                        (first, second) -> first && second,
                        LinkedHashMap::new));
    }

    private static void assertOutcome(TableClient client, TableServer server, List<JsonNode> lines) {
        Map<String, String> surprises = new TreeMap<>();
        outcomes(lines).forEach((check, passed) -> {
            if (passed == InteropTable.EXCEPTIONS.excuses(client, server, check)) {
                surprises.put(check, passed ? "passes, but exceptions.yml excuses it" : lines.toString());
            }
        });
        lines.stream()
                .filter(line -> surprises.containsKey(line.path("check").asString()))
                .filter(line -> !line.path("ok").asBoolean())
                .forEach(line -> surprises.put(
                        line.path("check").asString(), line.path("error").asString()));
        assertThat(surprises).isEmpty();
        assertThat(outcomes(lines).keySet())
                .containsExactlyInAnyOrderElementsOf(
                        InteropTable.possible(client, server).toList());
    }
}
