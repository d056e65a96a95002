package io.headgate.benchmarks.load;

import io.headgate.filter.audit.log.AuditLog;
import io.headgate.filter.audit.log.AuditLogConfig;
import io.headgate.filter.audit.log.AuditRecord;
import io.headgate.filter.audit.log.Durability;
import io.headgate.filter.audit.verify.AuditVerifier;
import io.headgate.filter.audit.verify.VerifyReport;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/** The audit log alone: how many records a second become durable, and how many are proved. */
final class LogSpeed {
    private static final int WRITERS = 8;
    /** As many as that many calls would have open at a time. */
    private static final int WAITING = 8_000;

    private static final int ROUNDS = 3;
    private static final String MEMBERS = "\"call_id\":\"%s-%d-%d\","
            + "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"mcp\":{\"version\":\"2026-07-28\","
            + "\"method\":\"tools/call\",\"tool\":\"weather__forecast\",\"upstream\":\"weather\"},\"args\":{\"len\":42}";

    private LogSpeed() {}

    /** The best of some rounds, of which the first is of cold code. */
    static Map<String, Object> measure(int records) throws Exception {
        Path directory = Files.createTempDirectory("headgate-log");
        double written = 0;
        try (AuditLog log =
                AuditLog.open(directory, AuditLogConfig.DEFAULT, new SimpleMeterRegistry(), InstantSource.system())) {
            for (int round = 0; round < ROUNDS; round++) {
                written = Math.max(written, write(log, "r" + round, records / WRITERS));
            }
        }
        double proved = 0;
        for (int round = 0; round < ROUNDS; round++) {
            proved = Math.max(proved, prove(directory));
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("durableRecordsPerSecond", written);
        result.put("provedRecordsPerSecond", proved);
        return result;
    }

    private static double write(AuditLog log, String round, int each) throws Exception {
        Semaphore window = new Semaphore(WAITING);
        AtomicLong refused = new AtomicLong();
        List<Thread> writers = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < WRITERS; i++) {
            int writer = i;
            Thread thread = new Thread(() -> {
                for (int k = 0; k < each; k++) {
                    byte[] members = MEMBERS.formatted(round, writer, k / 2).getBytes(StandardCharsets.UTF_8);
                    window.acquireUninterruptibly();
                    log.append(
                            new AuditRecord(k % 2 == 0 ? AuditRecord.INTENT : AuditRecord.OUTCOME, members),
                            Durability.STRICT,
                            trouble -> {
                                if (trouble != null) {
                                    refused.incrementAndGet();
                                }
                                window.release();
                            });
                    log.flush();
                }
            });
            writers.add(thread);
            thread.start();
        }
        for (Thread thread : writers) {
            thread.join();
        }
        window.acquire(WAITING);
        if (refused.get() > 0) {
            throw new IOException(refused + " records were refused");
        }
        return each * WRITERS / ((System.nanoTime() - start) / 1e9);
    }

    private static double prove(Path directory) throws IOException {
        long start = System.nanoTime();
        VerifyReport report = AuditVerifier.verify(directory);
        if (!report.isGood()) {
            throw new IOException("the log cannot be proved: " + report.problems());
        }
        return report.records() / ((System.nanoTime() - start) / 1e9);
    }
}
