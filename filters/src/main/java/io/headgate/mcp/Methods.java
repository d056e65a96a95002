package io.headgate.mcp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The method names of all protocol revisions. */
public final class Methods {
    public static final String INITIALIZE = "initialize";
    public static final String PING = "ping";
    public static final String DISCOVER = "server/discover";
    public static final String TOOLS_LIST = "tools/list";
    public static final String TOOLS_CALL = "tools/call";
    public static final String PROMPTS_LIST = "prompts/list";
    public static final String PROMPTS_GET = "prompts/get";
    public static final String RESOURCES_LIST = "resources/list";
    public static final String RESOURCE_TEMPLATES_LIST = "resources/templates/list";
    public static final String RESOURCES_READ = "resources/read";
    public static final String RESOURCES_SUBSCRIBE = "resources/subscribe";
    public static final String RESOURCES_UNSUBSCRIBE = "resources/unsubscribe";
    public static final String COMPLETE = "completion/complete";
    public static final String SET_LEVEL = "logging/setLevel";
    public static final String LISTEN = "subscriptions/listen";
    public static final String SAMPLING = "sampling/createMessage";
    public static final String ELICITATION = "elicitation/create";
    public static final String ROOTS_LIST = "roots/list";
    public static final String TASKS_GET = "tasks/get";
    public static final String TASKS_UPDATE = "tasks/update";
    public static final String TASKS_CANCEL = "tasks/cancel";
    public static final String TASKS_RESULT = "tasks/result";
    public static final String TASKS_LIST = "tasks/list";

    public static final String INITIALIZED = "notifications/initialized";
    public static final String CANCELLED = "notifications/cancelled";
    public static final String PROGRESS = "notifications/progress";
    public static final String MESSAGE = "notifications/message";
    public static final String ROOTS_CHANGED = "notifications/roots/list_changed";
    public static final String TOOLS_CHANGED = "notifications/tools/list_changed";
    public static final String PROMPTS_CHANGED = "notifications/prompts/list_changed";
    public static final String RESOURCES_CHANGED = "notifications/resources/list_changed";
    public static final String RESOURCE_UPDATED = "notifications/resources/updated";
    public static final String ACKNOWLEDGED = "notifications/subscriptions/acknowledged";
    public static final String ELICITATION_COMPLETE = "notifications/elicitation/complete";
    public static final String TASK_CHANGED = "notifications/tasks";

    private static final String[][] BY_LENGTH = byLength(List.of(
            INITIALIZE,
            PING,
            DISCOVER,
            TOOLS_LIST,
            TOOLS_CALL,
            PROMPTS_LIST,
            PROMPTS_GET,
            RESOURCES_LIST,
            RESOURCE_TEMPLATES_LIST,
            RESOURCES_READ,
            RESOURCES_SUBSCRIBE,
            RESOURCES_UNSUBSCRIBE,
            COMPLETE,
            SET_LEVEL,
            LISTEN,
            SAMPLING,
            ELICITATION,
            ROOTS_LIST,
            TASKS_GET,
            TASKS_UPDATE,
            TASKS_CANCEL,
            TASKS_RESULT,
            TASKS_LIST,
            INITIALIZED,
            CANCELLED,
            PROGRESS,
            MESSAGE,
            ROOTS_CHANGED,
            TOOLS_CHANGED,
            PROMPTS_CHANGED,
            RESOURCES_CHANGED,
            RESOURCE_UPDATED,
            ACKNOWLEDGED,
            ELICITATION_COMPLETE,
            TASK_CHANGED));

    private static final Set<String> KNOWN = known();

    private Methods() {}

    /** True if the answer to a request may be that the client is asked something first (basic/utilities/mrtr). */
    public static boolean mayAskForInput(String method) {
        return switch (method) {
            case TOOLS_CALL, PROMPTS_GET, RESOURCES_READ -> true;
            default -> false;
        };
    }

    /** True if a request goes to the one server that has what it names, and is not answered by the gateway. */
    public static boolean goesToServer(String method) {
        return switch (method) {
            case TOOLS_CALL, PROMPTS_GET, RESOURCES_READ, COMPLETE, TASKS_GET, TASKS_UPDATE, TASKS_CANCEL -> true;
            default -> false;
        };
    }

    /** The method's name for a meter label: itself if it is known, so that a stranger's text never becomes a label. */
    public static String label(String method) {
        return KNOWN.contains(method) ? method : "other";
    }

    /** The name between two quotes; a known one without making a new string. */
    static String intern(byte[] bytes, int start, int end) {
        int length = end - start;
        if (length < BY_LENGTH.length) {
            for (String candidate : BY_LENGTH[length]) {
                if (same(bytes, start, candidate)) {
                    return candidate;
                }
            }
        }
        return JsonStrings.decode(bytes, start, end);
    }

    private static boolean same(byte[] bytes, int start, String text) {
        for (int i = text.length() - 1; i >= 0; i--) {
            if (bytes[start + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static String[][] byLength(List<String> names) {
        int longest = 0;
        for (String name : names) {
            longest = Math.max(longest, name.getBytes(StandardCharsets.US_ASCII).length);
        }
        List<List<String>> lists = new ArrayList<>();
        for (int i = 0; i <= longest; i++) {
            lists.add(new ArrayList<>());
        }
        for (String name : names) {
            lists.get(name.length()).add(name);
        }
        return lists.stream().map(list -> list.toArray(String[]::new)).toArray(String[][]::new);
    }

    private static Set<String> known() {
        List<String> all = new ArrayList<>();
        for (String[] names : BY_LENGTH) {
            all.addAll(List.of(names));
        }
        return Set.copyOf(all);
    }
}
