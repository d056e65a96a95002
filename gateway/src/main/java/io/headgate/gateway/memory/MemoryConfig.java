package io.headgate.gateway.memory;

import com.fasterxml.jackson.annotation.JsonCreator;
import org.jspecify.annotations.Nullable;

/**
 * How much the gateway may hold for others, and how much of that one of them may take when there is little left.
 *
 * @param bytes of all together; null means half of the largest heap
 * @param callerPercent what one caller may hold of it; those that no filter identified are one
 * @param serverPercent what one server may hold of it
 */
public record MemoryConfig(@Nullable Long bytes, int callerPercent, int serverPercent) {
    public static final MemoryConfig DEFAULT = new MemoryConfig(null, 25, 25);

    /** Less could not hold a single message of the largest size. */
    private static final long LEAST = 16L * 1024 * 1024;

    public MemoryConfig {
        if (bytes != null && bytes < LEAST) {
            throw new IllegalArgumentException("bytes: " + bytes + " (expected: >= 16MiB)");
        }
        percent("callerPercent", callerPercent);
        percent("serverPercent", serverPercent);
    }

    /** A size alone. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static MemoryConfig of(long bytes) {
        return new MemoryConfig(bytes, DEFAULT.callerPercent, DEFAULT.serverPercent);
    }

    /** In a process whose heap can grow so far. */
    long bytesOf(long largestHeap) {
        return bytes != null ? bytes : Math.max(LEAST, largestHeap / 2);
    }

    private static void percent(String name, int value) {
        if (value < 1 || value > 100) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 1 to 100)");
        }
    }
}
