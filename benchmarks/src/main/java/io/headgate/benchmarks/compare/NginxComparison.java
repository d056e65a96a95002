package io.headgate.benchmarks.compare;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What does a call cost through the gateway, and what through nginx as a bare proxy, before the same demo server?
 *
 * <p>Both run the whole time; wrk loads one, then the other, round after round, so that a noisy machine is noisy for
 * both. The figure is CPU time of the proxy's process divided by calls. Run with {@code
 * java -cp benchmarks/target/classes io.headgate.benchmarks.compare.NginxComparison}; {@code --smoke} makes one short
 * round. Needs nginx and wrk.
 */
public final class NginxComparison {
    private static final Pattern RESULT = Pattern.compile("calls=(\\d+) failed=(\\d+) p50us=(\\d+) p99us=(\\d+)");

    private record Round(double cpuMicros, double callsPerSecond, long p50Micros, long p99Micros) {}

    private final int seconds;
    private final int connections;
    private final Path directory;
    private final Path script;

    private NginxComparison(int seconds, int connections, Path directory) throws IOException {
        this.seconds = seconds;
        this.connections = connections;
        this.directory = directory;
        this.script = directory.resolve("call.lua");
        Files.writeString(script, resource("call.lua"));
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean smoke = List.of(arguments).contains("--smoke");
        Path directory = Files.createTempDirectory("headgate-compare");
        int rounds = smoke ? 1 : 7;
        NginxComparison comparison = new NginxComparison(smoke ? 1 : 5, 32, directory);
        comparison.run(rounds, smoke ? 1 : 10);
    }

    private void run(int rounds, int warmUpSeconds) throws IOException, InterruptedException {
        String jar = System.getProperty("headgate.jar", "gateway/target/headgate.jar");
        int demoPort = MeasuredProcess.freePort();
        int nginxPort = MeasuredProcess.freePort();
        int gatewayPort = MeasuredProcess.freePort();
        Path nginxConfig = directory.resolve("nginx.conf");
        Files.writeString(
                nginxConfig,
                resource("nginx.conf")
                        .replace("@DIRECTORY@", directory.toString())
                        .replace("@UPSTREAM@", Integer.toString(demoPort))
                        .replace("@PORT@", Integer.toString(nginxPort)));
        Path gatewayConfig = directory.resolve("headgate.yaml");
        Files.writeString(gatewayConfig, """
                listen: 127.0.0.1:%d
                admin: 127.0.0.1:%d
                mcpServers:
                  demo:
                    url: http://127.0.0.1:%d/mcp
                    prefix: ""
                """.formatted(gatewayPort, MeasuredProcess.freePort(), demoPort));
        List<String> java = List.of(MeasuredProcess.java(), "-Xmx512m", "-jar", jar);
        // One event loop, as nginx has one worker: both batch their system calls alike.
        List<String> single = List.of(MeasuredProcess.java(), "-XX:ActiveProcessorCount=1", "-Xmx512m", "-jar", jar);
        try (MeasuredProcess demo = MeasuredProcess.start(
                        plus(java, "demo-server", "--listen", "127.0.0.1:" + demoPort),
                        demoPort,
                        directory.resolve("demo.log"));
                MeasuredProcess nginx = MeasuredProcess.start(
                        List.of("nginx", "-c", nginxConfig.toString(), "-p", directory.toString()),
                        nginxPort,
                        directory.resolve("nginx.log"));
                MeasuredProcess gateway = MeasuredProcess.start(
                        plus(single, "run", "-c", gatewayConfig.toString()),
                        gatewayPort,
                        directory.resolve("headgate.log"))) {
            load(gateway, warmUpSeconds);
            load(nginx, Math.max(1, warmUpSeconds / 2));
            List<Round> direct = new ArrayList<>();
            List<Round> bare = new ArrayList<>();
            List<Round> ours = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                direct.add(load(demo, seconds));
                bare.add(load(nginx, seconds));
                ours.add(load(gateway, seconds));
            }
            report("direct (the demo server itself)", direct);
            report("nginx", bare);
            report("headgate", ours);
            double ratio = median(ours.stream().map(Round::cpuMicros).toList())
                    / median(bare.stream().map(Round::cpuMicros).toList());
            System.out.printf(Locale.ROOT, "headgate / nginx, CPU per call, ratio of medians: %.2f%n", ratio);
        }
    }

    private Round load(MeasuredProcess target, int duration) throws IOException, InterruptedException {
        double before = target.cpuSeconds();
        Process wrk = new ProcessBuilder(
                        "wrk",
                        "-t1",
                        "-c" + connections,
                        "-d" + duration + "s",
                        "-s",
                        script.toString(),
                        "http://127.0.0.1:" + target.port() + "/mcp")
                .redirectErrorStream(true)
                .start();
        String output = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = wrk.waitFor();
        double cpu = target.cpuSeconds() - before;
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
                (double) calls / duration,
                Long.parseLong(result.group(3)),
                Long.parseLong(result.group(4)));
    }

    private static void report(String name, List<Round> rounds) {
        System.out.printf(
                Locale.ROOT,
                "%-32s CPU per call us: min %.1f median %.1f max %.1f | calls/s median %.0f | p50 %.0f us p99 %.0f us%n",
                name,
                rounds.stream().mapToDouble(Round::cpuMicros).min().orElse(0),
                median(rounds.stream().map(Round::cpuMicros).toList()),
                rounds.stream().mapToDouble(Round::cpuMicros).max().orElse(0),
                median(rounds.stream().map(Round::callsPerSecond).toList()),
                median(rounds.stream().map(round -> (double) round.p50Micros()).toList()),
                median(rounds.stream().map(round -> (double) round.p99Micros()).toList()));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static List<String> plus(List<String> command, String... more) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(more));
        return all;
    }

    private static String resource(String name) throws IOException {
        try (InputStream in =
                Objects.requireNonNull(NginxComparison.class.getResourceAsStream("/compare/" + name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
