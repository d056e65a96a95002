package io.headgate.filter.concurrency;

import io.headgate.filter.NamePattern;
import java.util.List;

/**
 * Tools that cost a server about the same.
 *
 * @param name shown in meters and state
 * @param tools their names as clients write them, with {@code *} for any characters
 */
public record CostClassConfig(String name, List<NamePattern> tools) {
    private static final int LONGEST_NAME = 32;

    public CostClassConfig {
        if (name.isBlank() || name.length() > LONGEST_NAME || CostClasses.RESERVED.contains(name)) {
            throw new IllegalArgumentException("name: " + name + " (expected: up to " + LONGEST_NAME
                    + " characters, and none of " + String.join(", ", CostClasses.RESERVED) + ")");
        }
        if (tools.isEmpty()) {
            throw new IllegalArgumentException("tools: none (expected: at least one pattern)");
        }
        tools = List.copyOf(tools);
    }
}
