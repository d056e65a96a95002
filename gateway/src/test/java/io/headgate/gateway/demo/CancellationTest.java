package io.headgate.gateway.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(20)
class CancellationTest {
    private static final String LONG = "{\"ms\":600000}";

    private DemoServer server;

    @BeforeEach
    void start() {
        server = DemoServer.start(DemoServerOptions.builder().workers(1).build());
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    @Test
    void aClosedConnectionEndsAModernCall() throws IOException {
        Socket connection = abandonable(DemoClient.modern(server), 1, "sleep");
        Await.until("calls in work: 1", () -> server.activeCalls() == 1);

        connection.close();

        Await.until("calls in work: 0", () -> server.activeCalls() == 0);
    }

    @Test
    void aClosedConnectionDoesNotEndALegacyCall() throws IOException {
        DemoClient client = DemoClient.legacy(server);
        Socket connection = abandonable(client, 7, "sleep");
        Await.until("calls in work: 1", () -> server.activeCalls() == 1);
        connection.close();

        // A later call is answered while the abandoned one goes on.
        assertThat(client.call("echo", "{\"message\":\"x\"}").has("result")).isTrue();
        assertThat(server.activeCalls()).isEqualTo(1);

        client.post("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":7}}");
        assertThat(server.activeCalls()).isZero();
    }

    @Test
    void aWorkerServesOneCallAtATime() {
        DemoClient client = DemoClient.modern(server);
        long start = System.nanoTime();
        CompletableFuture<JsonNode> first = client.calling(1, "work", "{\"ms\":200}");
        Await.until("calls in work: 1", () -> server.activeCalls() == 1);
        CompletableFuture<JsonNode> second = client.calling(2, "work", "{\"ms\":0}");

        assertThat(second.join().has("result")).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
        assertThat(first.join().has("result")).isTrue();
    }

    @Test
    void aCancelledWorkerServesTheNextCall() throws Exception {
        DemoClient client = DemoClient.modern(server);
        Socket working = abandonable(client, 1, "work");
        Await.until("calls in work: 1", () -> server.activeCalls() == 1);
        Socket waiting = abandonable(client, 2, "work");
        CompletableFuture<JsonNode> last = client.calling(3, "work", "{\"ms\":0}");
        Await.until("calls in work: 3", () -> server.activeCalls() == 3);
        assertThat(last).isNotDone();

        waiting.close();
        Await.until("calls in work: 2", () -> server.activeCalls() == 2);
        working.close();

        assertThat(last.get(10, TimeUnit.SECONDS).has("result")).isTrue();
        Await.until("calls in work: 0", () -> server.activeCalls() == 0);
    }

    private Socket abandonable(DemoClient client, int id, String tool) {
        String params = "{\"name\":\"" + tool + "\",\"arguments\":" + LONG + "}";
        String legacy = "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tools/call\",\"params\":" + params + "}";
        boolean modern = client.request(id, "tools/call", params)
                .headers()
                .firstValue("Mcp-Method")
                .isPresent();
        return DemoClient.connection(
                server,
                client.request(id, "tools/call", params),
                modern ? DemoClient.modernBody(id, "tools/call", params) : legacy);
    }
}
