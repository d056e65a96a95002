package io.headgate.benchmarks.load;

import io.headgate.benchmarks.compare.MeasuredProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whether the audit log of a gateway that has ended is whole, and has the calls that honest callers were answered. */
final class HonestRecords {
    private final Path log;
    private final JsonMapper mapper = new JsonMapper();

    HonestRecords(Path log) {
        this.log = log;
    }

    /** By the gateway's own commands, as an auditor would see it. */
    Map<String, Object> compare(Honest honest) throws IOException, InterruptedException {
        Process verify = audit("verify", log.toString());
        String verdict = new String(verify.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, Object> result = new LinkedHashMap<>();
        int status = verify.waitFor();
        if (status != 0) {
            System.out.println(verdict);
        }
        result.put("auditVerified", status == 0);
        Set<String> intents = new HashSet<>();
        Set<String> outcomes = new HashSet<>();
        long records = 0;
        Process export = audit("export", log.toString(), "--format", "json");
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(export.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                records++;
                JsonNode record = mapper.readTree(line);
                String trace = record.path("trace_id").asString("");
                if (Honest.isOurs(trace)) {
                    Set<String> seen = record.path("type").asString("").equals("intent") ? intents : outcomes;
                    seen.add(trace);
                }
            }
        }
        long lost = honest.answered().stream()
                .filter(trace -> !intents.contains(trace) || !outcomes.contains(trace))
                .count();
        Set<String> open = new HashSet<>(intents);
        open.removeAll(outcomes);
        result.put("auditRecords", records);
        result.put("honestCalls", honest.made());
        result.put("honestAnswered", honest.answered().size());
        result.put("honestIntents", intents.size());
        result.put("honestOutcomes", outcomes.size());
        result.put("intentsWithoutOutcome", open.size());
        result.put("lostAuditRecords", lost);
        return result;
    }

    private static Process audit(String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                MeasuredProcess.java(),
                "-cp",
                System.getProperty("java.class.path"),
                "io.headgate.gateway.Main",
                "audit");
        builder.command().addAll(List.of(arguments));
        return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }
}
