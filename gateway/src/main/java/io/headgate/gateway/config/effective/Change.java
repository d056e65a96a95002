package io.headgate.gateway.config.effective;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is different in another configuration.
 *
 * @param kind how it changed
 * @param path the key, as in {@code mcpServers.crm.url}, or {@code filters[1].timeout.idle} by its place in the new chain
 * @param name what people call it, as in {@code server crm: url}
 * @param from what it was, hidden if it may not be shown; null if it was not there
 * @param to what it is; null if it is not there
 * @param isLooser whether more gets through than before
 */
public record Change(
        Kind kind,
        String path,
        String name,
        @Nullable Object from,
        @Nullable Object to,
        boolean isLooser) {
    /** How something changed. */
    public enum Kind {
        ADDED,
        REMOVED,
        CHANGED,
        MOVED
    }

    /** On one line. */
    public String text() {
        return name + said() + (isLooser ? " (looser)" : "");
    }

    private String said() {
        return switch (kind) {
            case ADDED -> " is added" + (to == null || isHidden() || isLarge(to) ? "" : ": " + to);
            case REMOVED -> " is removed" + (from == null || isHidden() || isLarge(from) ? "" : ", it was " + from);
            case MOVED -> " moves from place " + from + " to place " + to;
            case CHANGED -> isHidden() ? " changes (a secret)" : " changes from " + shown(from) + " to " + shown(to);
        };
    }

    private static String shown(@Nullable Object value) {
        return String.valueOf(value).isEmpty() ? "\"\"" : String.valueOf(value);
    }

    private boolean isHidden() {
        return from instanceof Hidden || to instanceof Hidden;
    }

    private static boolean isLarge(Object value) {
        return value instanceof Map<?, ?>;
    }

    /** For programs. */
    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("kind", kind.name().toLowerCase(Locale.ROOT));
        json.put("path", path);
        if (from != null) {
            json.put("from", EffectiveConfig.plain(from));
        }
        if (to != null) {
            json.put("to", EffectiveConfig.plain(to));
        }
        json.put("looser", isLooser);
        json.put("text", text());
        return json;
    }
}
