package io.headgate.mcp;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The severities of log messages that the specification names. */
public final class LogLevels {
    private static final Set<String> ALL =
            Set.of("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency");

    private LogLevels() {}

    public static boolean contains(@Nullable String level) {
        return level != null && ALL.contains(level);
    }
}
