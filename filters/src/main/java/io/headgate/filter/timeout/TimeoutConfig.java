package io.headgate.filter.timeout;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How long a call may take.
 *
 * @param idle how long its upstream may say nothing
 * @param cap how long it may take in all, however much its upstream says; without the time that its client thinks
 * @param tools other times for the calls of some tools; the first that fits counts
 */
public record TimeoutConfig(Duration idle, Duration cap, List<ToolTimeout> tools) {
    private static final int MOST_TOOLS = 1_000;
    /** Tools without progress work in silence, and a minute of it is nothing unusual. */
    private static final Duration DEFAULT_IDLE = Duration.ofMinutes(5);
    /** Above the silence, or progress would win nothing; below the hard cap of a connection, which says less. */
    private static final Duration DEFAULT_CAP = Duration.ofMinutes(30);

    /** What fits the clock that counts nanoseconds, many times over. */
    private static final Duration LONGEST = Duration.ofDays(365);

    public TimeoutConfig {
        inRange("idle", idle);
        inRange("cap", cap);
        if (cap.compareTo(idle) < 0) {
            throw new IllegalArgumentException(
                    "cap: " + text(cap) + " (expected: >= idle, which is " + text(idle) + ")");
        }
        if (tools.size() > MOST_TOOLS) {
            throw new IllegalArgumentException("tools: " + tools.size() + " (expected: <= " + MOST_TOOLS + ")");
        }
        tools = List.copyOf(tools);
    }

    /** What the file says: {@code timeout: {idle: 5m, cap: 30m}}; either may be left out. */
    @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
    public static TimeoutConfig of(
            @JsonProperty("idle") @Nullable Duration idle,
            @JsonProperty("cap") @Nullable Duration cap,
            @JsonProperty("tools") @Nullable List<ToolTimeout> tools) {
        Duration quiet = idle != null ? idle : cap == null ? DEFAULT_IDLE : shorter(DEFAULT_IDLE, cap);
        return new TimeoutConfig(
                quiet, cap != null ? cap : longer(DEFAULT_CAP, quiet), tools == null ? List.of() : tools);
    }

    /** The same times for all calls. */
    public static TimeoutConfig of(@Nullable Duration idle, @Nullable Duration cap) {
        return of(idle, cap, null);
    }

    /** What the file says in short: {@code timeout: 5m}. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static TimeoutConfig of(Duration idle) {
        return of(idle, null);
    }

    /** A duration as the file writes it: {@code 60s}, {@code 1500ms}. */
    static String text(Duration duration) {
        return duration.toMillisPart() == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }

    private static void inRange(String name, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException(name + ": " + text(value) + " (expected: > 0)");
        }
        if (value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(name + ": " + text(value) + " (expected: <= " + text(LONGEST) + ")");
        }
    }

    static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }
}
