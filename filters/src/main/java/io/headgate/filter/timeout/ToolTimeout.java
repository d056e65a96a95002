package io.headgate.filter.timeout;

import io.headgate.filter.NamePattern;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long the calls of some tools may take.
 *
 * @param match their names as clients of the whole fleet write them
 * @param idle as in {@link TimeoutConfig}; null for the one of all calls, or {@code cap} if that is shorter
 * @param cap as in {@link TimeoutConfig}; null for the one of all calls, or {@code idle} if that is longer
 */
public record ToolTimeout(
        NamePattern match,
        @Nullable Duration idle,
        @Nullable Duration cap) {
    public ToolTimeout {
        if (idle == null && cap == null) {
            throw new IllegalArgumentException("match: " + match + " without a time (expected: idle, cap or both)");
        }
        var unused = times(idle, cap, TimeoutConfig.of(null, null));
    }

    /** The times of these tools, where those of the others are these. */
    TimeoutConfig over(TimeoutConfig others) {
        return times(idle, cap, others);
    }

    private static TimeoutConfig times(@Nullable Duration idle, @Nullable Duration cap, TimeoutConfig others) {
        Duration quiet = idle != null ? idle : cap == null ? others.idle() : TimeoutConfig.shorter(others.idle(), cap);
        return TimeoutConfig.of(quiet, cap != null ? cap : TimeoutConfig.longer(others.cap(), quiet));
    }
}
