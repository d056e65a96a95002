package io.headgate.gateway.audit;

import io.headgate.filter.audit.verify.VerifyReport;
import io.headgate.filter.audit.verify.VerifyReport.Problem;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** The result of verifying, for people and for machines. */
final class VerifyText {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int MOST_PROBLEMS = 10;

    private VerifyText() {}

    static String json(VerifyReport report, Duration took) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("good", report.isGood());
        all.put("problems", report.problems());
        all.put("notes", report.notes());
        all.put("closed", report.isClosed());
        all.put("segments", report.segments());
        all.put("records", report.records());
        all.put("firstSeq", report.firstSeq());
        all.put("lastSeq", report.lastSeq());
        all.put("lastHash", report.lastHash());
        all.put("bytes", report.bytes());
        all.put("types", report.types());
        all.put("openIntents", report.open());
        all.put("unknownOutcomes", report.unknown());
        all.put("recoveries", report.recoveries());
        all.put("checkpoints", report.checkpoints());
        all.put("signedTo", report.signedTo());
        all.put("key", report.key());
        all.put("seconds", took.toMillis() / 1e3);
        return JSON.writeValueAsString(all);
    }

    static String of(Path directory, VerifyReport report, Duration took, boolean isKeyFromElsewhere) {
        StringBuilder text = new StringBuilder();
        text.append(directory).append(report.isGood() ? ": GOOD" : ": BAD").append('\n');
        report.problems().stream().limit(MOST_PROBLEMS).forEach(problem -> problem(text, problem));
        if (report.problems().size() > MOST_PROBLEMS) {
            text.append("  and ")
                    .append(report.problems().size() - MOST_PROBLEMS)
                    .append(" more\n");
        }
        long perSecond = report.records() * 1_000_000_000L / Math.max(1, took.toNanos());
        line(
                text,
                "records",
                report.records() + " (" + report.firstSeq() + " to " + report.lastSeq() + ") in " + report.segments()
                        + " segments, " + perSecond + " a second");
        line(text, "types", report.types().toString());
        line(text, "open intents", Long.toString(report.open()));
        line(text, "unknown", report.unknown() + " outcomes");
        line(text, "checkpoints", report.checkpoints() + ", the last one covers record " + report.signedTo());
        line(
                text,
                "key",
                report.key() + (isKeyFromElsewhere ? "" : " (lies beside the log; --key proves more with a copy)"));
        line(text, "last hash", report.lastHash());
        report.notes().forEach(note -> line(text, "note", note));
        return text.toString().stripTrailing();
    }

    private static void problem(StringBuilder text, Problem problem) {
        line(
                text,
                "problem",
                problem.what() + ": " + problem.file() + " line " + problem.line() + " (byte " + problem.offset()
                        + "), record " + problem.seq());
        if (problem.expected() != null) {
            line(text, "  expected", problem.expected());
        }
        if (problem.found() != null) {
            line(text, "  found", problem.found());
        }
    }

    private static void line(StringBuilder text, String what, String value) {
        text.append(String.format(Locale.ROOT, "  %-14s%s%n", what, value));
    }
}
