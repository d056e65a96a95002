package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.SmallDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that cannot write down what it does does nothing, says so, and goes on by itself. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class FullDiskTest {
    private static final int CALLERS = 8;
    private static final int MEBIBYTES = 64;
    private static final Duration BACK = Duration.ofSeconds(2);
    private static final Duration STOPPED = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @Test
    void callsNothingUntilThereIsSpace(TestReporter reporter) throws Exception {
        Path ledger = directory.resolve("ledger.jsonl");
        TracedCallers callers = new TracedCallers("a", CALLERS);
        try (SmallDisk disk = SmallDisk.at(Files.createDirectory(directory.resolve("data")), MEBIBYTES)) {
            try (DemoProcess demo = DemoProcess.start("--ledger", ledger.toString());
                    GatewayProcess gateway = GatewayProcess.before("a", demo.url())
                            .with("data: " + disk.directory(), "filters: [audit: {durability: strict}]")
                            .start()) {
                try (TracedCallers.Calling calling = callers.at(gateway.address())) {
                    calling.awaitServed(200);
                    disk.fill(0);
                    calling.awaitRefused(100);
                    assertRefused(gateway);
                    int served = callers.served().size();
                    calling.awaitRefused(callers.refused().size() + 100);
                    assertThat(callers.served()).hasSize(served);

                    disk.free();
                    long freed = System.nanoTime();
                    Await.until(
                            BACK,
                            () -> "calls are made again\n" + gateway.state(),
                            () -> callers.served().size() > served);
                    reporter.publishEntry("back", "after " + (System.nanoTime() - freed) / 1_000_000 + " ms");
                    calling.awaitServed(served + 200);
                }
                gateway.jvm().terminate();
                assertThat(gateway.jvm().exitCode(STOPPED)).isZero();
            }

            AuditDirectory log = new AuditDirectory(disk.directory().resolve("audit"));
            reporter.publishEntry(
                    "calls",
                    callers.served().size() + " answered, " + callers.codes() + ", outcomes unknown "
                            + log.verified().unknown());
            assertThat(callers.failed()).isEmpty();
            log.assertIntended(DemoProcess.ledger(ledger), callers);
        }
    }

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
        assertThat(gateway.metric("headgate_audit_state", "\"full\"")).isEqualTo(1);
    }
}
