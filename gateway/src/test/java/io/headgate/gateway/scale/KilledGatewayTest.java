package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.audit.verify.VerifyReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A gateway that is killed at any moment under load has written down all that it did and all that it told.
 *
 * <p>{@code -Dheadgate.kills=200} kills it more often, {@code -Dheadgate.kills.seed=N} at the same moments again.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class KilledGatewayTest {
    private static final int KILLS = Integer.getInteger("headgate.kills", 10);
    private static final long SEED = Long.getLong("headgate.kills.seed", System.nanoTime());
    private static final int CALLERS = 16;
    private static final int MOST_RECORD_BYTES = 16 * 1024;
    private static final long MOST_LOAD_NANOS = TimeUnit.MILLISECONDS.toNanos(600);
    /** It lives for a second, so the time to start is most of the time. */
    private static final String[] QUICK = {"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"};

    private static final Duration STOPPED = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @Test
    void nothingDoneAndNothingToldIsMissing(TestReporter reporter) {
        Random moments = new Random(SEED);
        AuditDirectory log = new AuditDirectory(directory.resolve("data").resolve("audit"));
        Path ledger = directory.resolve("ledger.jsonl");
        TracedCallers callers = new TracedCallers("a", CALLERS);
        List<Long> torn = new ArrayList<>();
        try (DemoProcess demo = DemoProcess.start("--ledger", ledger.toString())) {
            for (int kill = 0; kill < KILLS; kill++) {
                killUnderLoad(demo, callers, moments.nextLong(MOST_LOAD_NANOS));
                if (kill % 3 == 1) {
                    log.tear();
                }
                torn.add(log.tornBytes());
            }
            try (GatewayProcess gateway = before(demo)) {
                gateway.jvm().terminate();
                assertThat(gateway.jvm().exitCode(STOPPED)).isZero();
            }
        }

        VerifyReport report = log.verified();
        List<JsonNode> executed = DemoProcess.ledger(ledger);
        reporter.publishEntry(
                "killed " + KILLS + " times",
                "executed " + executed.size() + ", answered " + callers.served().size() + ", errors " + callers.codes()
                        + ", records " + report.records() + ", unknown outcomes " + report.unknown() + ", torn bytes "
                        + torn + ", seed " + SEED);
        log.assertIntended(executed, callers);
        log.assertTold(callers);
        assertThat(torn).allSatisfy(bytes -> assertThat(bytes).isLessThan(MOST_RECORD_BYTES));
        assertThat(log.cutBytes()).isEqualTo(torn);
        assertThat(report.recoveries()).isEqualTo(KILLS);
        assertThat(report.unknown()).isLessThanOrEqualTo((long) KILLS * CALLERS);
    }

    private void killUnderLoad(DemoProcess demo, TracedCallers callers, long nanos) {
        int answered = callers.served().size();
        try (GatewayProcess gateway = before(demo);
                TracedCallers.Calling calling = callers.at(gateway.address())) {
            calling.awaitServed(answered + 1);
            LockSupport.parkNanos(nanos);
            gateway.jvm().kill();
        }
    }

    private GatewayProcess before(DemoProcess demo) {
        return GatewayProcess.before("a", demo.url())
                .with("data: " + directory.resolve("data"), "filters: [audit: {durability: strict}]")
                .jvm(QUICK)
                .start();
    }
}
