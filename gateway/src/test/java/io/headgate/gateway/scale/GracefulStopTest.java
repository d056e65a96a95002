package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/** SIGTERM takes nothing from those who are already served. */
// Starts processes, and waits for each up to half a minute where the machine is busy.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class GracefulStopTest {
    private static final Duration REFUSED = Duration.ofMillis(1_500);
    private static final Duration STOPPED = Duration.ofSeconds(15);

    @Test
    void finishesCallsAndSubscriptionsAndRefusesConnections(TestReporter reporter) {
        try (DemoProcess demo = DemoProcess.start();
                GatewayProcess gateway = GatewayProcess.before("a", demo.url()).start();
                McpClient modern = McpClient.modern(gateway.address());
                McpClient legacy = McpClient.legacy(gateway.address());
                McpClient listener = McpClient.modern(gateway.address());
                McpClient idle = McpClient.modern(gateway.address())) {
            Queue<String> heard = new ConcurrentLinkedQueue<>();
            CompletableFuture<Answer> subscription =
                    listener.listen(message -> heard.add(message.path("method").asString()));
            Await.until(McpClient.PATIENCE, () -> "acknowledged", () -> !heard.isEmpty());
            assertThat(Await.result(McpClient.PATIENCE, idle.call("a__echo", "{\"message\":\"m\"}"))
                            .text())
                    .isEqualTo("m");
            CompletableFuture<Answer> modernCall = modern.call("a__sleep", "{\"ms\":2000}");
            CompletableFuture<Answer> legacyCall = legacy.call("a__sleep", "{\"ms\":2001}");
            Await.until(
                    McpClient.PATIENCE, () -> "three calls run", () -> gateway.metric("headgate_requests_active") >= 2);

            long started = System.nanoTime();
            gateway.jvm().terminate();
            Await.until(REFUSED, () -> "connections are refused", () -> refuses(gateway.address()));
            assertThat(modernCall).isNotDone();

            assertThat(Await.result(McpClient.PATIENCE, modernCall).text()).isEqualTo("after 2000 ms");
            assertThat(Await.result(McpClient.PATIENCE, legacyCall).text()).isEqualTo("after 2001 ms");
            Answer end = Await.result(McpClient.PATIENCE, subscription);
            assertThat(end.result().path("resultType").asString()).isEqualTo("complete");
            assertThat(end.message().path("id").asInt()).isEqualTo(1);
            assertThat(gateway.jvm().exitCode(STOPPED)).isZero();
            reporter.publishEntry("stopped", "after " + (System.nanoTime() - started) / 1_000_000 + " ms");
        }
    }

    @Test
    void endsAtOnceWhenNothingRuns(TestReporter reporter) {
        try (DemoProcess demo = DemoProcess.start();
                GatewayProcess gateway = GatewayProcess.before("a", demo.url()).start();
                McpClient client = McpClient.modern(gateway.address())) {
            var unused = Await.result(McpClient.PATIENCE, client.call("a__echo", "{\"message\":\"m\"}"));
            long started = System.nanoTime();
            gateway.jvm().terminate();
            assertThat(gateway.jvm().exitCode(Duration.ofSeconds(5))).isZero();
            reporter.publishEntry("stopped idle", "after " + (System.nanoTime() - started) / 1_000_000 + " ms");
            assertThatThrownBy(() -> connect(gateway.address())).isInstanceOf(ConnectException.class);
        }
    }

    private static boolean refuses(InetSocketAddress address) {
        try {
            connect(address);
            return false;
        } catch (IOException refused) {
            return true;
        }
    }

    private static void connect(InetSocketAddress address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address, 1_000);
        }
    }
}
