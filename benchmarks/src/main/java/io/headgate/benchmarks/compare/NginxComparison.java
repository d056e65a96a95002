package io.headgate.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What does a call cost through the gateway, and what through nginx as a bare proxy, before the same demo server?
 *
 * <p>Both run the whole time; wrk loads one, then the other, round after round, so that a noisy machine is noisy for
 * both. The figure is CPU time of the proxy's process divided by calls. Run with {@code
 * java -cp benchmarks/target/classes io.headgate.benchmarks.compare.NginxComparison}; {@code --smoke} makes one short
 * round. Needs nginx and wrk.
 */
public final class NginxComparison {
    /** Long, because the compiler of the JVM still takes a tenth of the CPU after 20 s, and none after 40. */
    private static final int WARM_UP_SECONDS = 60;

    private final int seconds;
    private final Path directory;
    private final WrkLoad wrk;

    private NginxComparison(int seconds, Path directory) throws IOException {
        this.seconds = seconds;
        this.directory = directory;
        this.wrk = new WrkLoad(directory);
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean smoke = List.of(arguments).contains("--smoke");
        Path directory = Files.createTempDirectory("headgate-compare");
        int rounds = smoke ? 1 : 7;
        NginxComparison comparison = new NginxComparison(smoke ? 1 : 5, directory);
        comparison.run(rounds, smoke ? 1 : WARM_UP_SECONDS);
    }

    private void run(int rounds, int warmUpSeconds) throws IOException, InterruptedException {
        int demoPort = MeasuredProcess.freePort();
        int nginxPort = MeasuredProcess.freePort();
        int gatewayPort = MeasuredProcess.freePort();
        Path nginxConfig = directory.resolve("nginx.conf");
        Files.writeString(
                nginxConfig,
                WrkLoad.resource("nginx.conf")
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
        try (MeasuredProcess demo = MeasuredProcess.start(
                        plus(plainJava(), "demo-server", "--listen", "127.0.0.1:" + demoPort),
                        demoPort,
                        directory.resolve("demo.log"));
                MeasuredProcess nginx = MeasuredProcess.start(
                        List.of("nginx", "-c", nginxConfig.toString(), "-p", directory.toString()),
                        nginxPort,
                        directory.resolve("nginx.log"));
                MeasuredProcess gateway = MeasuredProcess.start(
                        plus(singleLoop(), "run", "-c", gatewayConfig.toString()),
                        gatewayPort,
                        directory.resolve("headgate.log"))) {
            load(gateway, warmUpSeconds);
            load(nginx, Math.max(1, warmUpSeconds / 12));
            List<WrkLoad.Round> direct = new ArrayList<>();
            List<WrkLoad.Round> bare = new ArrayList<>();
            List<WrkLoad.Round> ours = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                direct.add(load(demo, seconds));
                bare.add(load(nginx, seconds));
                ours.add(load(gateway, seconds));
            }
            WrkLoad.report("direct (the demo server itself)", direct);
            WrkLoad.report("nginx", bare);
            WrkLoad.report("headgate", ours);
            double ratio = WrkLoad.cpuMicros(ours) / WrkLoad.cpuMicros(bare);
            System.out.printf(Locale.ROOT, "headgate / nginx, CPU per call, ratio of medians: %.2f%n", ratio);
        }
    }

    private WrkLoad.Round load(MeasuredProcess target, int duration) throws IOException, InterruptedException {
        return wrk.run(target, target.port(), Map.of(), duration);
    }

    /** What runs the gateway's jar. */
    static List<String> plainJava() {
        String jar = System.getProperty("headgate.jar", "gateway/target/headgate.jar");
        return List.of(MeasuredProcess.java(), "-Xmx512m", "-jar", jar);
    }

    /** The same with one event loop, as nginx has one worker: both batch their system calls alike. */
    static List<String> singleLoop() {
        List<String> command = new ArrayList<>(plainJava());
        command.add(1, "-XX:ActiveProcessorCount=1");
        return command;
    }

    private static List<String> plus(List<String> command, String... more) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(more));
        return all;
    }
}
