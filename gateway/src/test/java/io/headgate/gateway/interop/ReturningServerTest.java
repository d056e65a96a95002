package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.interop.Upstream.Wire;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** A server is killed and comes back: whoever watched something there is told that it may have changed, and goes on. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class ReturningServerTest {
    private static final String WATCHED = "test://watched-resource";
    private static final Duration PROMISED = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @BeforeAll
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    static void install() {
        InteropTools.install();
    }

    @ParameterizedTest
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
        NodeProcess server = start(script, era, 0);
        URI uri = server.uri(path);
        Era client = sdk.equals("v1") ? Era.LEGACY : Era.MODERN;
        try (Front headgate = HeadgateFixture.before(client, Upstream.of("s", wire, era, uri));
                NodeProcess listener = NodeProcess.start(
                        "listener.mjs",
                        (transport.equals("sse") ? headgate.sse() : headgate.mcp()).toString(),
                        "--sdk",
                        sdk,
                        "--transport",
                        transport,
                        "--uri",
                        WATCHED,
                        "--trigger",
                        trigger)) {
            JsonNode unused = listener.await(PATIENCE, line -> line.has("listening"));

            server.close();
            Mono.delay(Duration.ofSeconds(4)).block();
            server = start(script, era, uri.getPort());
            assertThat(server.uri(path)).isEqualTo(uri);
            long returned = System.nanoTime();

            Heard heard = new Heard();
            while (!heard.isAll()) {
                heard.take(listener.await(PROMISED.minusNanos(System.nanoTime() - returned), line -> true));
            }
            reporter.publishEntry(
                    String.join(" ", List.of(sdk, transport, script, wire.toString())),
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

    private static NodeProcess start(String script, Era era, int port) {
        return script.equals("server-v1.mjs")
                ? NodeProcess.start(script, "--port", Integer.toString(port))
                : NodeProcess.start(script, "--port", Integer.toString(port), "--era", era.option());
    }
}
