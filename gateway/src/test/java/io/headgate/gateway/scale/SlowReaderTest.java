package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/** A client that reads a byte per second loses its stream, and nobody else notices. */
// Starts processes, and waits for each up to half a minute where the machine is busy.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class SlowReaderTest {
    private static final int FRAMES = 1_000_000;
    private static final int SLOW_READERS = 2;
    private static final Duration STALL = Duration.ofSeconds(3);
    /** The stall begins when all that the kernel takes for the reader is full, which takes the server a while. */
    private static final Duration CUT = STALL.plusSeconds(17);

    private static final long KERNEL_MAY_HOLD = 8_000_000;
    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final long DISTURBED_MILLIS = 100;

    @Test
    void isCutOffAndDisturbsNobody(TestReporter reporter) {
        try (DemoProcess a = DemoProcess.start();
                DemoProcess b = DemoProcess.start();
                GatewayProcess gateway = GatewayProcess.before("a", a.url())
                        .and("b", b.url())
                        .with("http: {limits: {sseWriteStall: " + STALL.toSeconds() + "s}}")
                        .jvm("-Xmx96m", "-XX:MaxDirectMemorySize=96m")
                        .start();
                McpClient healthy = McpClient.modern(gateway.address())) {
            long warm = System.nanoTime() + WARM_UP.toNanos();
            long before = p99(healthy, () -> System.nanoTime() > warm);

            List<SlowReader> slow = new ArrayList<>();
            for (int i = 0; i < SLOW_READERS; i++) {
                slow.add(new SlowReader(gateway.address(), "b__chatty", FRAMES));
            }
            long started = System.nanoTime();
            long during = p99(
                    healthy,
                    () -> gateway.metric("headgate_sse_closed_total") == SLOW_READERS
                            || System.nanoTime() - started > CUT.toNanos());
            Duration cut = Duration.ofNanos(System.nanoTime() - started);

            reporter.publishEntry(
                    "slow readers",
                    "cut after " + cut.toMillis() + " ms, p99 of others " + before + " us before, " + during
                            + " us meanwhile");
            assertThat(gateway.metric("headgate_sse_active"))
                    .as(gateway.metrics("headgate_sse"))
                    .isZero();
            assertThat(cut).isGreaterThan(STALL);
            assertThat(slow)
                    .allSatisfy(
                            reader -> assertThat(reader.drain(KERNEL_MAY_HOLD)).isBetween(1L, KERNEL_MAY_HOLD));
            assertThat(during).isLessThan(TimeUnit.MILLISECONDS.toMicros(DISTURBED_MILLIS));
            slow.forEach(SlowReader::close);
        }
    }

    /** Calls one after another until it is enough; the 99th percentile in microseconds, and each answer is right. */
    private static long p99(McpClient client, BooleanSupplier enough) {
        List<Long> micros = new ArrayList<>();
        while (micros.size() % 200 != 0 || micros.isEmpty() || !enough.getAsBoolean()) {
            long start = System.nanoTime();
            String mark = "call-" + micros.size();
            Answer answer = Await.result(McpClient.PATIENCE, client.call("a__echo", "{\"message\":\"" + mark + "\"}"));
            micros.add((System.nanoTime() - start) / 1_000);
            assertThat(answer.text()).isEqualTo(mark);
        }
        return micros.stream().sorted().toList().get(micros.size() * 99 / 100);
    }
}
