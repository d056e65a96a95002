package io.headgate.gateway.hostile;

import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.gateway.testkit.WrittenRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The records that a gateway under test has written, and what a case says of them. */
record AuditRecords(Path directory) {
    private static final Pattern CALLS = Pattern.compile("tool_call(?: outcome=(\\w+))?(?: x(\\d+))?.*");
    private static final int MOST_BYTES = 16 * 1024;

    /** What is said of the whole log; the sender of the case has looked. */
    private static final Pattern OF_ALL =
            Pattern.compile("every executed call present|exit \\d.*|segment closed as damaged, new segment opened"
                    + "|seq strictly rising; .*|completed_at_client SUBSET OF audit; .*"
                    + "|<= 1 aggregated record per .*");

    /** The lines of calls, oldest first. */
    List<String> ofCalls() {
        return all().stream()
                .filter(line -> line.contains("\"type\":\"intent\"") || line.contains("\"type\":\"outcome\""))
                .toList();
    }

    /** The lines of calls that began after so many lines of calls, oldest first. */
    List<String> ofCallsSince(int before) {
        List<String> lines = ofCalls();
        int start = Math.min(before, lines.size());
        Set<String> earlier =
                lines.subList(0, start).stream().map(AuditRecords::call).collect(Collectors.toSet());
        return lines.subList(start, lines.size()).stream()
                .filter(line -> !earlier.contains(call(line)))
                .toList();
    }

    private static String call(String line) {
        return JsonTree.MAPPER.readTree(line).path("call_id").asString();
    }

    /** All lines, oldest first. */
    List<String> all() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try {
            List<String> lines = new ArrayList<>();
            for (Path segment : segments(directory)) {
                lines.addAll(WrittenRecords.lines(segment));
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Path> segments(Path directory) throws IOException {
        return AuditFiles.segments(directory);
    }

    /** Copies the log as it is now. */
    void copyTo(Path target) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, target.resolve(file.getFileName()));
            }
        }
    }

    /** What is wrong with the records of one case, or null. */
    static @Nullable String mismatch(HostileCase hostile, List<String> lines) {
        String expected = hostile.expect().audit();
        if (OF_ALL.matcher(expected).matches()) {
            return null;
        }
        if (expected.startsWith("local log complete; export resumes")) {
            // The sender of the case has compared both.
            return null;
        }
        List<String> intents = ofType(lines, "intent");
        List<String> outcomes =
                ofType(lines, "outcome").stream().map(AuditRecords::outcome).toList();
        if (intents.size() != outcomes.size() || intents.isEmpty()) {
            return intents.size() + " intents and " + outcomes.size() + " outcomes (expected: " + expected + ")";
        }
        for (String line : lines) {
            if (line.length() > MOST_BYTES) {
                return "a record of " + line.length() + " bytes";
            }
        }
        if (expected.startsWith("arguments cut")) {
            return intents.get(0).contains("\"truncated\":true") ? null : "nothing is cut: " + intents.get(0);
        }
        if (expected.startsWith("values replaced")) {
            return values(hostile, intents.get(0));
        }
        Matcher calls = CALLS.matcher(expected);
        if (!calls.matches()) {
            return "nobody understands: " + expected;
        }
        // A refusal and a lost answer are errors, as far as the outcome is concerned.
        String wanted = calls.group(1) == null
                ? null
                : calls.group(1)
                        .replaceFirst("refused|denied|failed|timeout|lost", "error")
                        .replace("write_stalled", "slow_consumer");
        if (wanted != null && !outcomes.contains(wanted)) {
            return "outcomes " + outcomes + " (expected: " + wanted + "): " + ofType(lines, "outcome");
        }
        int count = calls.group(2) == null ? 1 : Integer.parseInt(calls.group(2));
        return intents.size() >= count ? null : intents.size() + " calls (expected: " + expected + ")";
    }

    private static @Nullable String values(HostileCase hostile, String intent) {
        for (Object value : hostile.send().form("args").map().values()) {
            if (intent.contains("\"" + value + "\"")) {
                return "the value " + value + " is written down";
            }
        }
        return intent.contains("\"redacted\":\"hmac-sha256:") ? null : "no fingerprint: " + intent;
    }

    private static List<String> ofType(List<String> lines, String type) {
        return lines.stream()
                .filter(line -> line.contains("\"type\":\"" + type + "\""))
                .toList();
    }

    /** The outcome in the words of the file of cases. */
    private static String outcome(String line) {
        JsonNode outcome = JsonTree.MAPPER.readTree(line).path("outcome");
        String transport = outcome.path("transport").asString();
        if (transport.equals("cancelled")) {
            return transport;
        }
        // A client that reads nothing is the slowest of all.
        if (transport.equals("slow_consumer") || transport.equals("write_stalled")) {
            return "slow_consumer";
        }
        if (!transport.equals("ok") || !outcome.path("rpc_code").isNull()) {
            return "error";
        }
        return outcome.path("tool_error").asBoolean() ? "tool_error" : "ok";
    }

    static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
