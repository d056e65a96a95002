package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.interop.Upstream.Wire;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** A server is killed and comes back: whoever watched something there is told that it may have changed, and goes on. */
// The peers are processes of other languages, which are slow where the machine is busy.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class ReturningServerTest {
    private static final String WATCHED = "test://watched-resource";
    private static final Duration PROMISED = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration A_WHILE = Duration.ofSeconds(4);

    @BeforeAll
    // The first run installs packages.
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    static void install() {
        InteropTools.install();
    }

    @ParameterizedTest
    // Most of it is waiting, and nothing is shared.
    @Execution(ExecutionMode.CONCURRENT)
    @CsvSource({
        "v1, http, server-v1.mjs, HTTP, LEGACY, /mcp, update_for_all",
        "v1, sse, server-v1.mjs, HTTP, LEGACY, /mcp, update_for_all",
        "v1, http, server-v1.mjs, SSE, LEGACY, /sse, update_for_all",
        "v1, http, server-v2.mjs, HTTP, MODERN, /mcp, test_trigger_resource_update",
        "v2, http, server-v1.mjs, HTTP, LEGACY, /mcp, update_for_all",
        "v2, http, server-v1.mjs, SSE, LEGACY, /sse, update_for_all",
        "v2, http, server-v2.mjs, HTTP, MODERN, /mcp, test_trigger_resource_update",
    })
    void tellsWhatMayHaveBeenMissedAndGoesOn(
            String sdk,
            String transport,
            String script,
            Wire wire,
            Era era,
            String path,
            String trigger,
            TestReporter reporter) {
        watch(sdk, transport, new Peer(script, wire, era, path, trigger), A_WHILE, reporter);
    }

    @Test
    @Tag("slow")
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void doesSoForAServerOfThePythonSdk(TestReporter reporter) {
        Peer server = new Peer("server_mcp1.py", Wire.HTTP, Era.LEGACY, "/mcp", "test_trigger_resource_update");
        watch("v1", "http", server, A_WHILE, reporter);
    }

    @ParameterizedTest
    @Tag("slow")
    @ValueSource(strings = {"v1", "v2"})
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void doesSoAfterMoreThanAMinute(String sdk, TestReporter reporter) {
        Peer server = new Peer("server-v1.mjs", Wire.HTTP, Era.LEGACY, "/mcp", "update_for_all");
        watch(sdk, "http", server, Duration.ofSeconds(75), reporter);
    }

    private static void watch(String sdk, String transport, Peer peer, Duration absence, TestReporter reporter) {
        PeerProcess server = peer.start(0);
        URI uri = server.uri(peer.path());
        Era client = sdk.equals("v1") ? Era.LEGACY : Era.MODERN;
        try (Front headgate = HeadgateFixture.before(client, Upstream.of("s", peer.wire(), peer.era(), uri));
                PeerProcess listener = PeerProcess.node(
                        "listener.mjs",
                        (transport.equals("sse") ? headgate.sse() : headgate.mcp()).toString(),
                        "--sdk",
                        sdk,
                        "--transport",
                        transport,
                        "--uri",
                        WATCHED,
                        "--trigger",
                        peer.trigger())) {
            JsonNode unused = listener.await(PATIENCE, line -> line.has("listening"));

            server.close();
            Long unusedDelay = Mono.delay(absence).block();
            server = peer.start(uri.getPort());
            assertThat(server.uri(peer.path())).isEqualTo(uri);
            long returned = System.nanoTime();

            Heard heard = new Heard();
            while (!heard.isAll()) {
                heard.take(listener.await(PROMISED.minusNanos(System.nanoTime() - returned), line -> true));
            }
            reporter.publishEntry(
                    String.join(
                            " ",
                            List.of(sdk, transport, peer.script(), peer.wire().toString())),
                    "told after " + (System.nanoTime() - returned) / 1_000_000 + " ms");
            // The client's own call then makes the server say it again, which it does only to those who subscribed.
            while (!heard.isCalled || heard.updates < 2) {
                heard.take(listener.await(PATIENCE, line -> true));
            }
        } finally {
            server.close();
        }
    }

    /** What the listener heard since the server was killed. */
    private static final class Heard {
        private final Set<String> changed = new HashSet<>();
        private int updates;
        private boolean isCalled;

        void take(JsonNode line) {
            if (line.has("changed")) {
                changed.add(line.get("changed").asString());
            } else if (line.has("updated")) {
                assertThat(line.get("updated").asString()).isEqualTo(WATCHED);
                updates++;
            } else {
                assertThat(line.path("called").asBoolean()).as(line.toString()).isTrue();
                isCalled = true;
            }
        }

        boolean isAll() {
            return updates > 0 && changed.containsAll(Set.of("tools", "prompts", "resources"));
        }
    }

    /** A server that can be started again, and the tool by which it tells of an update. */
    private record Peer(String script, Wire wire, Era era, String path, String trigger) {
        PeerProcess start(int port) {
            List<String> arguments = new ArrayList<>(List.of("--port", Integer.toString(port)));
            if (script.equals("server-v2.mjs")) {
                arguments.addAll(List.of("--era", era.option()));
            }
            String[] all = arguments.toArray(String[]::new);
            return script.endsWith(".py")
                    ? PeerProcess.python(Python.MCP_1, script, all)
                    : PeerProcess.node(script, all);
        }
    }
}
