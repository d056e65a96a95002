package io.headgate.mcp;

import org.jspecify.annotations.Nullable;

/** The extensions of the protocol that the gateway knows, and their place in what clients and servers declare. */
public final class Extensions {
    /** Tools with a user interface (MCP Apps); the same messages in every revision. */
    public static final String UI = "io.modelcontextprotocol/ui";

    /** Calls that are answered with a task; from 2026-07-28 on, and another thing than the tasks of 2025-11-25. */
    public static final String TASKS = "io.modelcontextprotocol/tasks";

    private static final String MEMBER = "extensions";

    private Extensions() {}

    /** What capabilities say of an extension, or null if they do not declare it. */
    public static @Nullable RawJson settings(RawJson capabilities, String extension) {
        RawJson extensions = capabilities.get(MEMBER);
        RawJson settings = extensions == null ? null : extensions.get(extension);
        return settings == null || !settings.isObject() ? null : settings;
    }

    /** Capabilities that do not declare an extension. */
    public static RawJson without(RawJson capabilities, String extension) {
        RawJson extensions = capabilities.get(MEMBER);
        RawJson settings = extensions == null ? null : extensions.get(extension);
        return settings == null
                ? capabilities
                : new Splice(capabilities).remove(settings).toJson();
    }

    /** Capabilities without the tasks of any revision, for a peer that could do nothing with them. */
    public static RawJson withoutTasks(RawJson capabilities) {
        RawJson known = without(capabilities, TASKS);
        RawJson tasks = known.get("tasks");
        return tasks == null ? known : new Splice(known).remove(tasks).toJson();
    }
}
