package io.headgate.benchmarks.load;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The load runs by name: {@code load SCENARIO [--smoke] [--json FILE] [--picture FILE]}. */
public final class LoadRuns {
    private static final Map<String, Scenario> SCENARIOS = new TreeMap<>(Map.ofEntries(
            Map.entry("overload", new Overload()),
            Map.entry("convergence", new Convergence()),
            Map.entry("slow-upstream", new SlowUpstream()),
            Map.entry("neighbours", new Neighbours()),
            Map.entry("bursts", new Bursts()),
            Map.entry("closed-loop", new ClosedLoop()),
            Map.entry("audit", new AuditCost()),
            Map.entry("outage", new Outage()),
            Map.entry("hostile", new Hostile()),
            Map.entry("amplification", new Amplification()),
            Map.entry("redis", new SharedLimit())));

    private LoadRuns() {}

    /**
     * The exit code: 0 if it could be measured, whatever came out; 1 if something is missing for it; 2 if nobody knows what
     * to measure.
     */
    public static int run(List<String> arguments) throws Exception {
        String name = arguments.isEmpty() ? "" : arguments.get(0);
        Scenario scenario = SCENARIOS.get(name);
        if (scenario == null) {
            System.err.println("load: " + (name.isEmpty() ? "nothing" : name) + " (expected: "
                    + String.join(", ", SCENARIOS.keySet()) + ")");
            return 2;
        }
        boolean smoke = arguments.contains("--smoke");
        Picture picture = new Picture(name);
        Map<String, Object> result;
        try {
            result = scenario.run(smoke, picture);
        } catch (CannotStart missing) {
            System.err.println("load: " + missing.getMessage());
            return 1;
        }
        String json = JsonMapper.builder()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(result);
        System.out.println(json);
        String file = option(arguments, "--json");
        if (file != null) {
            Files.writeString(Path.of(file), json + "\n");
        }
        String drawn = option(arguments, "--picture");
        Path svg = Path.of(drawn != null ? drawn : "load-" + name + ".svg");
        Files.writeString(svg, picture.svg());
        System.out.println("picture: " + svg.toAbsolutePath());
        return 0;
    }

    private static @Nullable String option(List<String> arguments, String name) {
        int at = arguments.indexOf(name);
        return at < 0 || at + 1 >= arguments.size() ? null : arguments.get(at + 1);
    }
}
