package io.headgate.filter.audit;

import io.headgate.filter.NamePattern;
import io.headgate.filter.audit.log.AuditLogConfig;
import io.headgate.filter.audit.log.Durability;
import io.headgate.mcp.Methods;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of calls, and how surely.
 *
 * @param durability of tool calls
 * @param methods other requests that are kept, and how surely
 * @param values the paths of arguments whose values are kept, by patterns of the tool's name for clients, the first that fits
 * @param log how the log is kept
 * @param export where its records are sent to, or null if they stay
 */
public record AuditConfig(
        Durability durability,
        Map<String, Durability> methods,
        Map<String, List<String>> values,
        AuditLogConfig log,
        @Nullable ExportConfig export) {
    public static final AuditConfig DEFAULT =
            new AuditConfig(Durability.STRICT, Map.of(), Map.of(), AuditLogConfig.DEFAULT, /* export= */ null);

    private static final Set<String> METHODS = Set.of(
            Methods.TOOLS_LIST,
            Methods.PROMPTS_LIST,
            Methods.PROMPTS_GET,
            Methods.RESOURCES_LIST,
            Methods.RESOURCE_TEMPLATES_LIST,
            Methods.RESOURCES_READ,
            Methods.COMPLETE,
            Methods.TASKS_GET,
            Methods.TASKS_UPDATE,
            Methods.TASKS_CANCEL);

    public AuditConfig {
        for (String method : methods.keySet()) {
            if (!METHODS.contains(method)) {
                throw new IllegalArgumentException("methods: " + method + " (expected: one of "
                        + String.join(", ", new TreeSet<>(METHODS)) + "; tools/call has durability)");
            }
        }
        values.keySet().forEach(AuditConfig::checkPattern);
    }

    private static void checkPattern(String tools) {
        try {
            var unused = NamePattern.of(tools);
        } catch (IllegalArgumentException unreadable) {
            throw new IllegalArgumentException("values: " + unreadable.getMessage(), unreadable);
        }
    }
}
