package io.headgate.benchmarks.compare;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Loads a server with wrk, and says what a call cost its process. */
final class WrkLoad {
    private static final Pattern RESULT = Pattern.compile("calls=(\\d+) failed=(\\d+) p50us=(\\d+) p99us=(\\d+)");
    /** How many there are unless somebody says otherwise. */
    static final int CONNECTIONS = 32;

    private final Path script;
    private final int connections;

    WrkLoad(Path directory) throws IOException {
        this(directory, CONNECTIONS);
    }

    WrkLoad(Path directory, int connections) throws IOException {
        this.connections = connections;
        script = directory.resolve("call.lua");
        Files.writeString(script, resource("call.lua"));
    }

    /** What came of one round. */
    record Round(double cpuMicros, double callsPerSecond, long p50Micros, long p99Micros) {}

    /** Loads a port for so long and measures a process meanwhile; the script reads what it calls from the variables. */
    Round run(MeasuredProcess measured, int port, Map<String, String> variables, int seconds)
            throws IOException, InterruptedException {
        double before = measured.cpuSeconds();
        ProcessBuilder wrk = new ProcessBuilder(
                "wrk",
                "-t1",
                "-c" + connections,
                "-d" + seconds + "s",
                "-s",
                script.toString(),
                "http://127.0.0.1:" + port + "/mcp");
        wrk.environment().putAll(variables);
        Process process = wrk.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        double cpu = measured.cpuSeconds() - before;
        Matcher result = RESULT.matcher(output);
        if (exit != 0 || !result.find()) {
            throw new IOException("wrk failed:\n" + output);
        }
        long calls = Long.parseLong(result.group(1));
        if (calls == 0 || !result.group(2).equals("0")) {
            throw new IOException("calls failed:\n" + output);
        }
        return new Round(
                cpu * 1e6 / calls,
                (double) calls / seconds,
                Long.parseLong(result.group(3)),
                Long.parseLong(result.group(4)));
    }

    static void report(String name, List<Round> rounds) {
        System.out.printf(
                Locale.ROOT,
                "%-36s CPU per call us: min %.1f median %.1f max %.1f | calls/s median %.0f | p50 %.0f us p99 %.0f us%n",
                name,
                rounds.stream().mapToDouble(Round::cpuMicros).min().orElse(0),
                cpuMicros(rounds),
                rounds.stream().mapToDouble(Round::cpuMicros).max().orElse(0),
                median(rounds.stream().map(Round::callsPerSecond).toList()),
                median(rounds.stream().map(round -> (double) round.p50Micros()).toList()),
                median(rounds.stream().map(round -> (double) round.p99Micros()).toList()));
    }

    /** The median of what a call cost. */
    static double cpuMicros(List<Round> rounds) {
        return median(rounds.stream().map(Round::cpuMicros).toList());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    static String resource(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(WrkLoad.class.getResourceAsStream("/compare/" + name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
