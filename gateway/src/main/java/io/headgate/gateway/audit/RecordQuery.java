package io.headgate.gateway.audit;

import io.headgate.filter.audit.format.RecordLine;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which records somebody looks for; what is not said matches all. */
public record RecordQuery(
        @Nullable String type,
        @Nullable String tool,
        @Nullable String caller,
        @Nullable String trace,
        @Nullable String call,
        @Nullable String upstream,
        @Nullable String since,
        @Nullable String until) {
    public static final List<String> OPTIONS =
            List.of("--type", "--tool", "--caller", "--trace", "--call", "--upstream", "--since", "--until");

    /** As times stand in records, so that they compare as texts. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'").withZone(ZoneOffset.UTC);

    /** What options say. */
    public static RecordQuery of(Map<String, String> options, InstantSource clock) {
        return new RecordQuery(
                options.get("--type"),
                options.get("--tool"),
                options.get("--caller"),
                options.get("--trace"),
                options.get("--call"),
                options.get("--upstream"),
                time("--since", options.get("--since"), clock),
                time("--until", options.get("--until"), clock));
    }

    boolean matches(RecordLine line) {
        return isSame(type, line.type())
                && (since == null || line.time().compareTo(since) >= 0)
                && (until == null || line.time().compareTo(until) < 0)
                && (trace == null || isSame(trace, line.text("trace_id")))
                && (call == null || isSame(call, line.text("call_id")))
                && (tool == null || isSame(tool, line.text("mcp", "tool")))
                && (upstream == null || isSame(upstream, line.text("mcp", "upstream")))
                && (caller == null
                        || isSame(caller, line.text("actor", "sub"))
                        || isSame(caller, line.text("actor", "client_id")));
    }

    private static boolean isSame(@Nullable String wanted, @Nullable String found) {
        return wanted == null || wanted.equals(found);
    }

    private static @Nullable String time(String option, @Nullable String text, InstantSource clock) {
        if (text == null) {
            return null;
        }
        try {
            return TIME.format(
                    text.endsWith("Z")
                            ? Instant.parse(text)
                            : clock.instant().minus(Duration.parse(iso(text.toUpperCase(Locale.ROOT)))));
        } catch (DateTimeParseException wrong) {
            throw new IllegalArgumentException(option + ": " + text
                    + " (expected: a time such as 2026-11-21T15:00:00Z, or how long ago, such as 15m, 2h or 3d)");
        }
    }

    private static String iso(String ago) {
        return ago.endsWith("D") ? "P" + ago : "PT" + ago;
    }
}
