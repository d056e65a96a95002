package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** A thousand clients with one id and one progress token among them get each its own answers. */
@Tag("slow")
// A hundred thousand calls, or as many as -Dheadgate.scale.calls says.
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CrowdTest {
    /** Fewer calls for a quick look: {@code -Dheadgate.scale.calls=20000}. */
    private static final int CALLS = Integer.getInteger("headgate.scale.calls", 100_000);

    private static final int CLIENTS = 1_000;
    private static final Duration BOUND = Duration.ofMinutes(4);

    @ParameterizedTest
    @CsvSource({"both, 1", "legacy, 5"})
    void nobodyGetsTheAnswerOfAnother(String eraOfB, int share, TestReporter reporter) {
        try (DemoProcess a = DemoProcess.start();
                DemoProcess b = DemoProcess.start("--era", eraOfB);
                GatewayProcess gateway = GatewayProcess.before("a", a.url())
                        .and("b", b.url())
                        // A thousand at once is more than anybody knows the servers to stand.
                        .with("filters: [timeout: 60s]")
                        .jvm("-Xmx512m")
                        .start()) {
            int calls = CALLS / share;
            Queue<String> complaints = new ConcurrentLinkedQueue<>();
            List<McpClient> clients = connect(gateway.address());

            long started = System.nanoTime();
            List<CompletableFuture<Void>> running = new ArrayList<>();
            for (McpClient client : clients) {
                running.add(new CrowdMember(client, running.size(), calls / CLIENTS, complaints).run());
            }
            var unused = Await.result(BOUND, CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)));
            long millis = (System.nanoTime() - started) / 1_000_000;

            reporter.publishEntry(
                    "crowd",
                    calls + " calls in " + millis + " ms, b speaks " + eraOfB + ", "
                            + gateway.jvm().processorTime().toMillis() + " ms of processor time with the start");
            assertThat(complaints).as(gateway.metrics("headgate_")).isEmpty();
            assertThat(gateway.metric("headgate_upstream_calls_total")).isGreaterThanOrEqualTo(calls);
            clients.forEach(McpClient::close);
        }
    }

    @Test
    void aProgressTokenComesBackAsItWas() {
        try (DemoProcess demo = DemoProcess.start();
                GatewayProcess gateway = GatewayProcess.before("a", demo.url()).start();
                McpClient modern = McpClient.modern(gateway.address());
                McpClient legacy = McpClient.legacy(gateway.address())) {
            for (String token : List.of("7", "\"7\"", "-9007199254740991", "\"caf\\u00e9 \\\"x\\\" \\/\"")) {
                assertThat(tokens(modern, token)).hasSize(3).containsOnly(Answer.json(token));
                assertThat(tokens(legacy, token)).hasSize(3).containsOnly(Answer.json(token));
            }
        }
    }

    private static List<JsonNode> tokens(McpClient client, String token) {
        List<JsonNode> tokens = new ArrayList<>();
        Answer answer = Await.result(
                McpClient.PATIENCE,
                client.events(
                        "tools/call",
                        "a__chatty",
                        "\"name\":\"a__chatty\",\"arguments\":{\"frames\":3,\"gapMs\":1}",
                        token,
                        event -> tokens.add(
                                Answer.json(event.data()).path("params").path("progressToken"))));
        assertThat(answer.text()).isEqualTo("3 frames");
        return tokens;
    }

    /** The judge itself: a crowd whose answers are crossed has to notice. */
    @Test
    void aStrangersProgressIsNoticed() {
        CrowdMember.Progress progress = new CrowdMember.Progress(2);
        String form = "{\"params\":{\"progressToken\":\"%s\",\"progress\":%d,\"total\":%d}}";
        progress.take(Answer.json(String.format(form, McpClient.TOKEN, 1, 2)));
        assertThat(progress.complaint()).isEqualTo("1 reports of 2");
        progress.take(Answer.json(String.format(form, McpClient.TOKEN, 2, 3)));
        assertThat(progress.complaint()).startsWith("report 2 of 2 is");
    }

    private static List<McpClient> connect(InetSocketAddress gateway) {
        List<McpClient> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            boolean legacy = i % 5 == 0;
            clients.add(legacy ? McpClient.legacy(gateway) : McpClient.modern(gateway));
        }
        return clients;
    }
}
