package io.headgate.gateway.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.ModernClient.Answer;
import io.headgate.testkit.RawHttp1;
import io.headgate.testkit.SessionClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
    void aClosedConnectionEndsAModernCall() {
        RawHttp1 connection = abandonable(Clients.modern(server), 1, "sleep");
        Await.until("calls in work: 1", () -> server.activeCalls() == 1);

        connection.close();

        Await.until("calls in work: 0", () -> server.activeCalls() == 0);
    }

    @Test
    void aClosedConnectionDoesNotEndALegacyCall() {
        SessionClient client = Clients.legacy(server);
        String params = "{" + ModernClient.params("sleep", LONG) + "}";
        RawHttp1 connection =
                abandonable(client.request(7, "tools/call", params), SessionClient.message(7, "tools/call", params));
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
        ModernClient client = Clients.modern(server);
        long start = System.nanoTime();
        CompletableFuture<Answer> first = work(client, 200);
        Await.until("calls in work: 1", () -> server.activeCalls() == 1);
        CompletableFuture<Answer> second = work(client, 0);

        assertThat(second.join().last().has("result")).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
        assertThat(first.join().last().has("result")).isTrue();
    }

    @Test
    void aCancelledWorkerServesTheNextCall() throws Exception {
        ModernClient client = Clients.modern(server);
        RawHttp1 working = abandonable(client, 1, "work");
        Await.until("calls in work: 1", () -> server.activeCalls() == 1);
        RawHttp1 waiting = abandonable(client, 2, "work");
        CompletableFuture<Answer> last = work(client, 0);
        Await.until("calls in work: 3", () -> server.activeCalls() == 3);
        assertThat(last).isNotDone();

        waiting.close();
        Await.until("calls in work: 2", () -> server.activeCalls() == 2);
        working.close();

        assertThat(last.get(10, TimeUnit.SECONDS).last().has("result")).isTrue();
        Await.until("calls in work: 0", () -> server.activeCalls() == 0);
    }

    private static CompletableFuture<Answer> work(ModernClient client, int millis) {
        return client.send("tools/call", "work", ModernClient.params("work", "{\"ms\":" + millis + "}"), "");
    }

    private RawHttp1 abandonable(ModernClient client, int id, String tool) {
        String params = ModernClient.params(tool, LONG);
        return abandonable(
                client.request(id, "tools/call", tool, params, "").build(),
                client.message(id, "tools/call", params, ""));
    }

    /** Sends a request and returns the open connection, to be closed without reading the answer. */
    private RawHttp1 abandonable(HttpRequest request, String body) {
        String[] fields = request.headers().map().entrySet().stream()
                .filter(field -> !field.getKey().equals("Content-Type")
                        && !field.getKey().equals("Accept"))
                .map(field -> field.getKey() + ": " + field.getValue().get(0))
                .toArray(String[]::new);
        return new RawHttp1(server.port()).send(RawHttp1.postTo("127.0.0.1", "/mcp", body, fields));
    }
}
