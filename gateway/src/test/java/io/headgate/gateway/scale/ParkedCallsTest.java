package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Calls whose clients were asked something and never came back leave nothing behind, here or at the server. */
// Most of it is waiting: for idle connections to be closed, a minute after their last use.
@Execution(ExecutionMode.CONCURRENT)
@Tag("slow")
// Two waits of a minute, for what is idle to be closed, and ten thousand calls.
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class ParkedCallsTest {
    private static final int CALLS = 10_000;
    private static final int CLIENTS = 50;
    private static final Duration ALL = Duration.ofMinutes(3);
    private static final Duration GONE = Duration.ofSeconds(90);
    private static final int FILES_MORE = 10;

    @Test
    void leaveNothingBehind(TestReporter reporter) {
        // Two, because a server has room for as many sessions as there are calls, and the gateway has one of its own.
        try (DemoProcess first = DemoProcess.start("--era", "legacy");
                DemoProcess second = DemoProcess.start("--era", "legacy");
                GatewayProcess gateway = GatewayProcess.before("a", first.url())
                        .and("b", second.url())
                        .with("parking: {time: 20s}")
                        .jvm("-Xmx512m")
                        .start()) {
            park(gateway, CLIENTS);
            Await.until(GONE, () -> "the first end\n" + gateway.metrics("headgate_"), () -> isQuiet(gateway));
            int filesBefore = gateway.jvm().openFiles();

            long started = System.nanoTime();
            double refused = gateway.metric("headgate_calls_parked_ended_total", "refused");
            park(gateway, CALLS);
            long millis = (System.nanoTime() - started) / 1_000_000;
            double most = gateway.metric("headgate_calls_parked");
            double sessions = gateway.metric("headgate_upstream_sessions");
            double bytes = gateway.metric("headgate_calls_parked_bytes");
            assertThat(most).isGreaterThan(CALLS / 10.0);
            assertThat(gateway.metric("headgate_requests_active")).isZero();
            assertThat(gateway.metric("headgate_calls_parked_ended_total", "refused"))
                    .isEqualTo(refused);

            Await.until(GONE, () -> "all end\n" + gateway.metrics("headgate_"), () -> isQuiet(gateway));
            Await.until(
                    GONE,
                    () -> "files close: " + gateway.jvm().openFiles() + ", before " + filesBefore,
                    () -> gateway.jvm().openFiles() <= filesBefore + FILES_MORE);
            assertThat(gateway.metric("headgate_calls_parked_ended_total", "expired"))
                    .isEqualTo(CALLS + CLIENTS);
            reporter.publishEntry(
                    "parked",
                    most + " at once in " + millis + " ms, " + sessions + " sessions, " + bytes + " bytes held, "
                            + gateway.jvm().peakMemory() + " MiB at most");
        }
    }

    private static boolean isQuiet(GatewayProcess gateway) {
        return gateway.metric("headgate_calls_parked") == 0
                && gateway.metric("headgate_calls_parked_bytes") == 0
                && gateway.metric("headgate_upstream_sessions") <= 2;
    }

    /** Makes so many calls that ask, from some clients at a time, and forgets what they were asked. */
    private static void park(GatewayProcess gateway, int calls) {
        List<McpClient> clients = new ArrayList<>();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            McpClient client = McpClient.withUser(gateway.address());
            clients.add(client);
            all.add(park(client, calls / CLIENTS));
        }
        var unused = Await.result(ALL, CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)));
        clients.forEach(McpClient::abandon);
    }

    private static CompletableFuture<Void> park(McpClient client, int calls) {
        return calls == 0
                ? CompletableFuture.completedFuture(null)
                : client.call((calls % 2 == 0 ? "a" : "b") + "__test_elicitation", "{\"message\":\"?\"}")
                        .thenCompose(answer -> {
                            assertThat(answer.toString()).contains("input_required");
                            return park(client, calls - 1);
                        });
    }
}
