package io.headgate.filter.audit.log;

import io.headgate.filter.audit.format.Checkpoint;
import io.headgate.filter.audit.format.OpenCalls;
import io.headgate.filter.audit.log.Retention.Expired;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the log writes about itself: checkpoints, seals, deletions, and outcomes that nobody knows. */
final class Keeper {
    private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);
    private static final byte[] CHECKPOINT = AuditRecord.ascii(AuditRecord.CHECKPOINT);
    private static final byte[] DELETION = AuditRecord.ascii(AuditRecord.DELETION);
    private static final byte[] RECOVERY = AuditRecord.ascii(AuditRecord.RECOVERY);

    private final Path directory;
    private final LogFiles files;
    private volatile AuditLogConfig config;
    private final SegmentChain chain;
    private final LineWriter lines;
    private final Checkpoints checkpoints;
    private final Retention retention;
    private final AuditMeters meters;
    private long uncovered;
    private long coveredAtNanos = System.nanoTime();
    private long printedAtNanos;

    Keeper(
            Path directory,
            LogFiles files,
            AuditLogConfig config,
            SegmentChain chain,
            LineWriter lines,
            Checkpoints checkpoints,
            Retention retention,
            AuditMeters meters) {
        this.directory = directory;
        this.files = files;
        this.config = config;
        this.chain = chain;
        this.lines = lines;
        this.checkpoints = checkpoints;
        this.retention = retention;
        this.meters = meters;
    }

    /** Keeps the log by other settings from now on; for any thread. */
    void follow(AuditLogConfig changed) {
        config = changed;
    }

    /** One more record that no checkpoint covers. */
    void counted() {
        uncovered++;
    }

    /** Does what is due. */
    void keep(OpenCalls calls) throws IOException {
        boolean isLarge = chain.length() >= config.segmentBytes();
        boolean isOld =
                chain.hasRecords() && chain.openNanos() >= config.segmentAge().toNanos();
        if (isLarge || isOld) {
            seal("rotated");
            open(calls);
        } else if (uncovered >= config.checkpointRecords() || (uncovered > 0 && isLate())) {
            checkpoint();
        }
        if (config.preallocate()) {
            chain.reserve(config.segmentBytes());
        }
    }

    private boolean isLate() {
        return System.nanoTime() - coveredAtNanos >= config.checkpointInterval().toNanos();
    }

    /** Opens a segment, at the start and after trouble. */
    void reopen(OpenCalls calls) throws IOException {
        checkpoints.renew(0);
        if (chain.isSealed() && checkpoints.last() < chain.durable().seq) {
            var unused = sign();
        }
        open(calls);
    }

    /** Ends the current segment. */
    void seal(String reason) throws IOException {
        chain.seal(reason);
        var unused = sign();
    }

    /** Says that the process before this one died, and what was cut. */
    void recovered(Recovery.Start start, List<OpenCalls.Call> lost) throws IOException {
        Ended ended = start.ended();
        String reason = ended == null ? "crash" : ended.reason().name().toLowerCase(Locale.ROOT);
        chain.add(
                RECOVERY,
                AuditRecord.ascii("\"recovery\":{\"of_boot\":\"" + start.boot() + "\",\"reason\":\"" + reason
                        + "\",\"cut_bytes\":" + start.cutBytes() + ",\"unknown\":" + lost.size() + "}"));
        meters.written(AuditRecord.RECOVERY);
        unknownOutcomes(lost, "crash");
        chain.write();
        chain.force();
        LOG.warn(
                "The audit log was not closed: {} bytes of a torn record cut, {} calls have an unknown outcome",
                start.cutBytes(),
                lost.size());
        if (checkpoints.last() > chain.durable().seq) {
            LOG.error("The audit log lost records: record {} was signed", checkpoints.last());
        }
    }

    /** Gives calls an outcome that can never be known. */
    void unknownOutcomes(List<OpenCalls.Call> lost, String reason) throws IOException {
        for (OpenCalls.Call call : lost) {
            if (!chain.hasRoom()) {
                chain.write();
            }
            String trace = call.traceId() == null ? "" : "\"trace_id\":\"" + call.traceId() + "\",";
            chain.add(
                    Recovery.OUTCOME,
                    AuditRecord.utf8("\"call_id\":\"" + call.id() + "\"," + trace + "\"of_boot\":\"" + call.boot()
                            + "\",\"outcome\":{\"transport\":\"unknown\",\"delivered\":\"unknown\",\"reason\":\""
                            + reason + "\"}"));
            meters.written(AuditRecord.OUTCOME);
            uncovered++;
        }
        if (!lost.isEmpty()) {
            chain.write();
        }
    }

    /** Says when the log took no records, and that it does again. */
    void outage(Outage outage) throws IOException {
        if (!chain.hasRoom()) {
            chain.write();
        }
        chain.add(AuditRecord.ascii(AuditRecord.DISABLED), AuditRecord.ascii(outage.beginning()));
        chain.add(AuditRecord.ascii(AuditRecord.ENABLED), AuditRecord.ascii(outage.end()));
        chain.write();
        chain.force();
        meters.written(AuditRecord.DISABLED);
        meters.written(AuditRecord.ENABLED);
        uncovered += 2;
    }

    void close() {
        checkpoints.close();
    }

    static boolean isFull(IOException failed) {
        String message = String.valueOf(failed.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("no space left") || message.contains("quota exceeded");
    }

    private void open(OpenCalls calls) throws IOException {
        chain.open(calls);
        List<Expired> expired = retention.expired(chain.first(), config);
        if (!expired.isEmpty()) {
            delete(expired);
        }
    }

    private void checkpoint() throws IOException {
        if (chain.isUnsynced()) {
            chain.force();
        }
        Checkpoint checkpoint = sign();
        chain.add(CHECKPOINT, AuditRecord.utf8("\"checkpoint\":" + checkpoint.line()));
        meters.written(AuditRecord.CHECKPOINT);
        chain.write();
        chain.force();
    }

    private Checkpoint sign() throws IOException {
        Checkpoint checkpoint = checkpoints.sign(chain.durable(), lines);
        uncovered = 0;
        coveredAtNanos = System.nanoTime();
        meters.checkpoints.increment();
        // Whoever keeps what the gateway prints can prove later that the log was not rewritten.
        if (printedAtNanos == 0
                || coveredAtNanos - printedAtNanos
                        >= config.checkpointInterval().toNanos()) {
            printedAtNanos = coveredAtNanos;
            LOG.info("Audit checkpoint {}", checkpoint.line());
        }
        return checkpoint;
    }

    /** Says first what goes, because a file that is gone for no reason is a file that somebody took. */
    private void delete(List<Expired> expired) throws IOException {
        for (Expired each : expired) {
            if (!chain.hasRoom()) {
                chain.write();
            }
            chain.add(DELETION, AuditRecord.ascii(each.json()));
            meters.written(AuditRecord.DELETION);
        }
        chain.write();
        chain.force();
        for (Expired each : expired) {
            try {
                Files.deleteIfExists(each.file());
            } catch (IOException stays) {
                LOG.warn("The audit log cannot delete {}: {}", each.file(), String.valueOf(stays.getMessage()));
                return;
            }
        }
        files.syncDirectory(directory);
        checkpoints.renew(expired.get(expired.size() - 1).last() + 1);
    }
}
