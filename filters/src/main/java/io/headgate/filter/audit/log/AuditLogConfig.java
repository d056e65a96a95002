package io.headgate.filter.audit.log;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the log is kept.
 *
 * @param node names this gateway in every record
 * @param segmentBytes how large a file grows
 * @param segmentAge how long a file is written
 * @param checkpointInterval how long a record may wait for its signature
 * @param checkpointRecords how many records may wait for their signature
 * @param keepAge how long sealed segments are kept; null keeps them forever
 * @param keepBytes how much the segments may take in all; 0 for no bound
 * @param queueRecords how many records may wait for the disk
 * @param stall how long a write or fsync may take before calls are refused
 * @param preallocate whether the file that is written has space ahead, filled with zeros
 */
public record AuditLogConfig(
        String node,
        long segmentBytes,
        Duration segmentAge,
        Duration checkpointInterval,
        int checkpointRecords,
        @Nullable Duration keepAge,
        long keepBytes,
        int queueRecords,
        Duration stall,
        boolean preallocate) {
    private static final int LONGEST_NODE = 64;
    private static final int MOST_QUEUED = 1_000_000;
    private static final Duration LONGEST = Duration.ofDays(36_500);

    public static final AuditLogConfig DEFAULT = of(null, null, null, null, null, null, null, null, null, null);

    public AuditLogConfig {
        if (!node.matches("[A-Za-z0-9._-]{1," + LONGEST_NODE + "}")) {
            throw new IllegalArgumentException(
                    "node: " + node + " (expected: 1 to " + LONGEST_NODE + " letters, digits, '.', '_' or '-')");
        }
        atLeast("segmentBytes", segmentBytes, 64 * 1024);
        atLeast("checkpointRecords", checkpointRecords, 1);
        atLeast("queueRecords", queueRecords, 1);
        if (queueRecords > MOST_QUEUED) {
            throw new IllegalArgumentException("queueRecords: " + queueRecords + " (expected: <= " + MOST_QUEUED + ")");
        }
        positive("segmentAge", segmentAge);
        positive("checkpointInterval", checkpointInterval);
        positive("stall", stall);
        if (keepAge != null) {
            positive("keepAge", keepAge);
        }
        if (keepBytes != 0) {
            atLeast("keepBytes", keepBytes, segmentBytes);
        }
    }

    /** What the file says; each may be left out. */
    @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
    public static AuditLogConfig of(
            @JsonProperty("node") @Nullable String node,
            @JsonProperty("segmentBytes") @Nullable Long segmentBytes,
            @JsonProperty("segmentAge") @Nullable Duration segmentAge,
            @JsonProperty("checkpointInterval") @Nullable Duration checkpointInterval,
            @JsonProperty("checkpointRecords") @Nullable Integer checkpointRecords,
            @JsonProperty("keepAge") @Nullable Duration keepAge,
            @JsonProperty("keepBytes") @Nullable Long keepBytes,
            @JsonProperty("queueRecords") @Nullable Integer queueRecords,
            @JsonProperty("stall") @Nullable Duration stall,
            @JsonProperty("preallocate") @Nullable Boolean preallocate) {
        return new AuditLogConfig(
                node != null ? node : hostName(),
                segmentBytes != null ? segmentBytes : 64 * 1024 * 1024,
                segmentAge != null ? segmentAge : Duration.ofHours(1),
                checkpointInterval != null ? checkpointInterval : Duration.ofMinutes(1),
                checkpointRecords != null ? checkpointRecords : 10_000,
                keepAge,
                keepBytes != null ? keepBytes : 0,
                queueRecords != null ? queueRecords : 10_000,
                stall != null ? stall : Duration.ofSeconds(1),
                preallocate == null || preallocate);
    }

    /** What the machine calls itself, as far as it can stand in a record. */
    private static String hostName() {
        String name = Objects.requireNonNullElse(System.getenv("HOSTNAME"), "");
        String safe = name.replaceAll("[^A-Za-z0-9._-]", "-");
        return safe.isEmpty() ? "headgate" : safe.substring(0, Math.min(LONGEST_NODE, safe.length()));
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isZero() || value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    name + ": " + value.toMillis() + "ms (expected: > 0s and <= " + LONGEST.toHours() + "h)");
        }
    }
}
