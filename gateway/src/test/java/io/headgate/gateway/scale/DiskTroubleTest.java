package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.FailingSyncs;
import io.headgate.gateway.SmallDisk;
import io.headgate.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that cannot write down what it does does nothing, says so, and goes on by itself. */
// Starts processes, and waits for each up to half a minute where the machine is busy.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class DiskTroubleTest {
    private static final int CALLERS = 8;
    private static final int MEBIBYTES = 64;
    private static final Duration BACK = Duration.ofSeconds(2);
    private static final Duration STOPPED = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    /** What goes wrong with a gateway's disk. */
    @FunctionalInterface
    private interface Trouble {
        Ending begin(GatewayProcess gateway) throws IOException;
    }

    /** Makes the disk well again. */
    @FunctionalInterface
    private interface Ending {
        void end() throws IOException;
    }

    @Test
    void callsNothingWhileTheDiskIsFull(TestReporter reporter) throws Exception {
        try (SmallDisk disk = SmallDisk.at(Files.createDirectory(data()), MEBIBYTES)) {
            callsNothingInTrouble(reporter, "full", gateway -> {
                disk.fill(0);
                return disk::free;
            });
        }
    }

    @Test
    void callsNothingWhileFsyncFails(TestReporter reporter) throws Exception {
        callsNothingInTrouble(reporter, "failed", gateway -> {
            FailingSyncs failing = FailingSyncs.ofProcess(gateway.jvm().pid());
            return () -> {
                assertThat(gateway.metric("headgate_audit_fsync_errors_total")).isPositive();
                failing.end();
            };
        });
    }

    private Path data() {
        return directory.resolve("data");
    }

    private void callsNothingInTrouble(TestReporter reporter, String state, Trouble trouble) throws IOException {
        Path ledger = directory.resolve("ledger.jsonl");
        TracedCallers callers = new TracedCallers("a", CALLERS);
        try (DemoProcess demo = DemoProcess.start("--ledger", ledger.toString());
                GatewayProcess gateway = GatewayProcess.before("a", demo.url())
                        .with("data: " + data(), "filters: [audit: {durability: strict}]")
                        .start()) {
            try (TracedCallers.Calling calling = callers.at(gateway.address())) {
                calling.awaitServed(200);
                Ending ending = trouble.begin(gateway);
                calling.awaitRefused(100);
                assertRefused(gateway);
                assertThat(gateway.metric("headgate_audit_state", "\"" + state + "\""))
                        .isEqualTo(1);
                int served = callers.served().size();
                calling.awaitRefused(callers.refused().size() + 100);
                assertThat(callers.served()).hasSize(served);

                ending.end();
                long ended = System.nanoTime();
                Await.until(
                        BACK,
                        () -> "calls are made again\n" + gateway.state(),
                        () -> callers.served().size() > served);
                reporter.publishEntry("back", "after " + (System.nanoTime() - ended) / 1_000_000 + " ms");
                calling.awaitServed(served + 200);
            }
            gateway.jvm().terminate();
            assertThat(gateway.jvm().exitCode(STOPPED)).isZero();
        }

        AuditDirectory log = new AuditDirectory(data().resolve("audit"));
        reporter.publishEntry(
                "calls",
                callers.served().size() + " answered, " + callers.codes() + ", outcomes unknown "
                        + log.verified().unknown());
        assertThat(callers.failed()).isEmpty();
        log.assertIntended(DemoProcess.ledger(ledger), callers);
    }

    /** Neither lists nor health depend on the disk. */
    private static void assertRefused(GatewayProcess gateway) {
        try (McpClient client = McpClient.modern(gateway.address())) {
            Answer answer = Await.result(McpClient.PATIENCE, client.call("a__echo", "{\"message\":\"m\"}"));
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.headers().get("retry-after")).isNotNull();
            assertThat(answer.error().path("code").asInt()).isEqualTo(1_503);
            assertThat(Await.result(McpClient.PATIENCE, client.listTools())
                            .result()
                            .path("tools")
                            .size())
                    .isPositive();
        }
        assertThat(gateway.isReady()).isTrue();
    }
}
