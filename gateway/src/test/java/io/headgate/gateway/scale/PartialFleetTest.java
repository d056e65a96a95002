package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** A server that is dead or hangs at start takes away its own tools, for as long as it does, and nothing else. */
// Starts processes, and waits for each up to half a minute where the machine is busy.
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class PartialFleetTest {
    private static final Duration LITTLE = Duration.ofSeconds(3);
    private static final Duration FOUND = Duration.ofSeconds(60);

    @Test
    void theOthersServeAtOnceAndTheDeadOneReturns(TestReporter reporter) throws IOException {
        int deadPort = ChildJvm.freePort();
        try (ServerSocket hanging = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
                DemoProcess alive = DemoProcess.start();
                GatewayProcess whole =
                        GatewayProcess.before("alive", alive.url()).start();
                GatewayProcess gateway = GatewayProcess.before("alive", alive.url())
                        .and("dead", "http://127.0.0.1:" + deadPort + "/mcp")
                        .and("hanging", "http://127.0.0.1:" + hanging.getLocalPort() + "/mcp")
                        .start();
                McpClient client = McpClient.modern(gateway.address());
                McpClient listener = McpClient.modern(gateway.address())) {
            reporter.publishEntry(
                    "ready",
                    "after " + gateway.startTime().toMillis() + " ms, "
                            + whole.startTime().toMillis() + " ms without the dead and the hanging one");
            assertThat(gateway.startTime())
                    .isLessThan(whole.startTime().multipliedBy(2).plus(LITTLE));
            assertThat(tools(client))
                    .contains("alive__echo", "alive__sleep")
                    .allMatch(name -> name.startsWith("alive__"));
            assertThat(Await.result(McpClient.PATIENCE, client.call("alive__echo", "{\"message\":\"m\"}"))
                            .text())
                    .isEqualTo("m");

            Queue<String> heard = new ConcurrentLinkedQueue<>();
            var unused =
                    listener.listen(message -> heard.add(message.path("method").asString()));
            Await.until(
                    McpClient.PATIENCE,
                    () -> "acknowledged, heard " + heard,
                    () -> heard.contains("notifications/subscriptions/acknowledged"));
            assertThat(heard).hasSize(1);

            long started = System.nanoTime();
            try (DemoProcess back = DemoProcess.at(deadPort)) {
                Await.until(
                        FOUND,
                        () -> back.url() + " is found, heard " + heard + "\n" + gateway.state(),
                        () -> heard.contains("notifications/tools/list_changed"));
                reporter.publishEntry("found", "after " + (System.nanoTime() - started) / 1_000_000 + " ms");
                assertThat(tools(client)).contains("alive__echo", "dead__echo");
                assertThat(Await.result(McpClient.PATIENCE, client.call("dead__echo", "{\"message\":\"n\"}"))
                                .text())
                        .isEqualTo("n");
            }
        }
    }

    private static List<String> tools(McpClient client) {
        JsonNode result = Await.result(McpClient.PATIENCE, client.listTools()).result();
        assertThat(result.has("nextCursor")).isFalse();
        return StreamSupport.stream(result.path("tools").spliterator(), false)
                .map(tool -> tool.path("name").asString())
                .toList();
    }
}
