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
import tools.jackson.databind.JsonNode;

/**
 * Kills a gateway under load again and again, and compares what it wrote down with what its server did and its clients
 * were told.
 */
public final class Kills {
    private static final int CALLERS = 16;
    private static final int MOST_RECORD_BYTES = 16 * 1024;
    private static final long MOST_LOAD_NANOS = TimeUnit.MILLISECONDS.toNanos(600);
    /** It lives for a second, so the time to start is most of the time. */
    private static final String[] QUICK = {"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"};

    private static final Duration STOPPED = Duration.ofSeconds(30);

    private final Path directory;
    private final int kills;
    private final long seed;

    /** With all files in a directory that is empty; the same seed kills at the same moments. */
    public Kills(Path directory, int kills, long seed) {
        this.directory = directory;
        this.kills = kills;
        this.seed = seed;
    }

    /** Fails if anything done or told is missing; what there was. */
    public String run() {
        Random moments = new Random(seed);
        AuditDirectory log = new AuditDirectory(directory.resolve("data").resolve("audit"));
        Path ledger = directory.resolve("ledger.jsonl");
        TracedCallers callers = new TracedCallers("a", CALLERS);
        List<Long> torn = new ArrayList<>();
        try (DemoProcess demo = DemoProcess.start("--ledger", ledger.toString())) {
            for (int kill = 0; kill < kills; kill++) {
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
        log.assertIntended(executed, callers);
        log.assertTold(callers);
        assertThat(torn).allSatisfy(bytes -> assertThat(bytes).isLessThan(MOST_RECORD_BYTES));
        assertThat(log.cutBytes()).isEqualTo(torn);
        assertThat(report.recoveries()).isEqualTo(kills);
        assertThat(report.unknown()).isLessThanOrEqualTo((long) kills * CALLERS);
        return "executed " + executed.size() + ", answered " + callers.served().size() + ", errors " + callers.codes()
                + ", records " + report.records() + ", unknown outcomes " + report.unknown() + ", torn bytes "
                + torn.stream().mapToLong(Long::longValue).sum() + ", seed " + seed;
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
