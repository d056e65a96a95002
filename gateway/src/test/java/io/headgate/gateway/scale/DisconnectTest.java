package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever goes away cancels in the modern era, and finds the answer waiting in the legacy one. */
// Starts processes, and waits for each up to half a minute where the machine is busy.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class DisconnectTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final int FRAMES = 30;

    /** The server has one worker: while a call holds it, the next one waits. */
    @ParameterizedTest
    @ValueSource(strings = {"modern", "legacy"})
    void cancelsTheCallOfAModernClient(String era) {
        try (DemoProcess demo = DemoProcess.start("--era", era, "--workers", "1");
                GatewayProcess gateway = GatewayProcess.before("a", demo.url()).start();
                McpClient leaving = McpClient.modern(gateway.address());
                McpClient next = McpClient.modern(gateway.address())) {
            // The server's session that it leaves is open for the next call: otherwise both would open one, and race.
            assertThat(Await.result(SOON, leaving.call("a__echo", "{\"message\":\"first\"}"))
                            .text())
                    .isEqualTo("first");
            CompletableFuture<Answer> abandoned = leaving.call("a__work", "{\"ms\":60000}");
            Await.until(
                    McpClient.PATIENCE,
                    () -> "the call runs",
                    () -> gateway.metric("headgate_upstream_calls_total") >= 2
                            && gateway.metric("headgate_requests_active") >= 1);
            CompletableFuture<Answer> waiting = next.call("a__work", "{\"ms\":1}");
            Await.until(
                    McpClient.PATIENCE, () -> "the next waits", () -> gateway.metric("headgate_requests_active") >= 2);
            assertThat(waiting).isNotDone();
            leaving.abandon();

            assertThat(Await.result(SOON, waiting).text()).isEqualTo("after 1 ms");
            assertThat(abandoned).isCompletedExceptionally();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"modern", "legacy"})
    void keepsTheAnswerOfALegacyClient(String era) {
        try (DemoProcess demo = DemoProcess.start("--era", era);
                GatewayProcess gateway = GatewayProcess.before("a", demo.url()).start();
                McpClient leaving = McpClient.legacy(gateway.address())) {
            List<EventReader.Event> before = new CopyOnWriteArrayList<>();
            var unused = leaving.events(
                    "tools/call",
                    "a__chatty",
                    "\"name\":\"a__chatty\",\"arguments\":{\"frames\":" + FRAMES + ",\"gapMs\":50}",
                    before::add);
            Await.until(McpClient.PATIENCE, () -> "some progress", () -> before.size() >= 3);
            leaving.abandon();
            EventReader.Event last = before.get(before.size() - 1);
            int seen = progress(last);
            assertThat(seen).isLessThan(FRAMES);

            List<EventReader.Event> rest = new CopyOnWriteArrayList<>();
            try (McpClient back = leaving.reconnect(gateway.address())) {
                Answer answer = Await.result(McpClient.PATIENCE, back.resume(String.valueOf(last.id()), rest::add));
                assertThat(answer.text()).isEqualTo(FRAMES + " frames");
                assertThat(answer.message().path("id").asInt()).isEqualTo(1);
            }
            assertThat(rest).hasSize(FRAMES - seen).allMatch(event -> progress(event) > seen);
        }
    }

    private static int progress(EventReader.Event event) {
        return Answer.json(event.data()).path("params").path("progress").asInt();
    }
}
