package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Sessions that nobody ends leave nothing behind: neither here nor on the way to the server. */
// Most of it is waiting: for idle connections to be closed, a minute after their last use.
@Execution(ExecutionMode.CONCURRENT)
@Tag("slow")
// Waits of a minute, for what is idle to be closed, and two thousand sessions.
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class AbandonedSessionsTest {
    private static final int SESSIONS = 2_000;
    private static final Duration GONE = Duration.ofSeconds(40);
    /** Longer than a connection to a server may be idle. */
    private static final Duration CLOSED = Duration.ofSeconds(90);

    private static final int FILES_MORE = 10;

    @Test
    void leaveNothingBehind(TestReporter reporter) {
        try (DemoProcess modern = DemoProcess.start("--era", "modern");
                DemoProcess legacy = DemoProcess.start("--era", "legacy");
                GatewayProcess gateway = GatewayProcess.before("a", modern.url())
                        .and("b", legacy.url())
                        .with("sessions: {idle: 3s}")
                        .jvm("-Xmx512m")
                        .start()) {
            abandon(gateway, 20);
            Await.until(GONE, () -> "the first end\n" + gateway.state(), () -> sessions(gateway) == 0);
            int filesBefore = gateway.jvm().openFiles();
            // The gateway itself has one to ask for lists.
            double sessionsBefore = gateway.metric("headgate_upstream_sessions");

            double most = abandon(gateway, SESSIONS);
            assertThat(most).isGreaterThan(100);
            Await.until(GONE, () -> "all sessions end\n" + gateway.state(), () -> sessions(gateway) == 0);
            Await.until(
                    GONE,
                    () -> "the server's sessions end: " + gateway.metric("headgate_upstream_sessions"),
                    () -> gateway.metric("headgate_upstream_sessions") <= sessionsBefore);
            assertThat(sessionsBefore).isLessThanOrEqualTo(1);
            Await.until(
                    CLOSED,
                    () -> "files close: " + gateway.jvm().openFiles() + ", before " + filesBefore,
                    () -> gateway.jvm().openFiles() <= filesBefore + FILES_MORE);
            reporter.publishEntry(
                    "abandoned",
                    "at most " + most + " sessions at once, files " + filesBefore + " before and "
                            + gateway.jvm().openFiles() + " after");
            assertThat(gateway.metric("headgate_sse_active")).isZero();
            assertThat(gateway.metric("headgate_requests_active")).isZero();
        }
    }

    /** Each client calls both servers; every tenth leaves with an open stream, every other with a running call. */
    private static double abandon(GatewayProcess gateway, int count) {
        double most = 0;
        for (int i = 0; i < count; i++) {
            McpClient client = McpClient.legacy(gateway.address());
            for (String echo : List.of("a__echo", "b__echo")) {
                assertThat(Await.result(McpClient.PATIENCE, client.call(echo, "{\"message\":\"" + i + "\"}"))
                                .text())
                        .isEqualTo("" + i);
            }
            if (i % 10 == 0) {
                var unused = client.openStream();
            } else if (i % 2 == 0) {
                var unused = client.call(i % 4 == 0 ? "a__sleep" : "b__sleep", "{\"ms\":500}");
            }
            client.abandon();
            if (i % 100 == 99) {
                most = Math.max(most, sessions(gateway));
            }
        }
        return most;
    }

    private static double sessions(GatewayProcess gateway) {
        return gateway.metric("headgate_sessions_active");
    }
}
