package io.headgate.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What does a call cost through the gateway with three chains, and what through nginx as a bare proxy, before the same
 * demo server?
 *
 * <p>Both run the whole time; wrk loads one, then the other, round after round, so that a noisy machine is noisy for
 * both. The figure is CPU time of the proxy's process divided by calls. Run with {@code
 * java -cp benchmarks/target/classes io.headgate.benchmarks.compare.NginxComparison}; {@code --smoke} makes one short
 * round, {@code --connections N} takes so many instead of 32, and {@code --beside JAR} adds the gateways of another jar, in turn
 * with these. Needs nginx and wrk.
 */
public final class NginxComparison {
    /** Long, because the compiler of the JVM still takes a tenth of the CPU after 20 s, and none after 40. */
    private static final int WARM_UP_SECONDS = 60;

    private static final String KEYS = "full-chain-keys.yaml";

    private final int seconds;
    private final Path directory;
    private final WrkLoad wrk;
    private final @Nullable String beside;
    private int started;

    private NginxComparison(int seconds, int connections, @Nullable String beside, Path directory) throws IOException {
        this.seconds = seconds;
        this.directory = directory;
        this.wrk = new WrkLoad(directory, connections);
        this.beside = beside;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean smoke = List.of(arguments).contains("--smoke");
        Path directory = Files.createTempDirectory("headgate-compare");
        int rounds = smoke ? 1 : 7;
        String named = value("--connections", arguments);
        int connections = named == null ? WrkLoad.CONNECTIONS : Integer.parseInt(named);
        NginxComparison comparison =
                new NginxComparison(smoke ? 1 : 5, connections, value("--beside", arguments), directory);
        comparison.run(rounds, smoke ? 1 : WARM_UP_SECONDS);
    }

    private static @Nullable String value(String option, String[] arguments) {
        int place = List.of(arguments).indexOf(option) + 1;
        return place == 0 ? null : arguments[place];
    }

    private void run(int rounds, int warmUpSeconds) throws IOException, InterruptedException {
        int demoPort = MeasuredProcess.freePort();
        int nginxPort = MeasuredProcess.freePort();
        Path nginxConfig = directory.resolve("nginx.conf");
        Files.writeString(
                nginxConfig,
                WrkLoad.resource("nginx.conf")
                        .replace("@DIRECTORY@", directory.toString())
                        .replace("@UPSTREAM@", Integer.toString(demoPort))
                        .replace("@PORT@", Integer.toString(nginxPort)));
        try (MeasuredProcess demo = MeasuredProcess.start(
                        plus(plainJava(), "demo-server", "--listen", "127.0.0.1:" + demoPort),
                        demoPort,
                        directory.resolve("demo.log"));
                MeasuredProcess nginx = MeasuredProcess.start(
                        List.of("nginx", "-c", nginxConfig.toString(), "-p", directory.toString()),
                        nginxPort,
                        directory.resolve("nginx.log"));
                Gateways gateways = new Gateways(new ArrayList<>())) {
            start(gateways, "", plainJava(), demoPort);
            if (beside != null) {
                start(gateways, " of the other jar", java(beside), demoPort);
            }
            Target bareProxy = new Target("nginx", nginx);
            List<Target> targets = new ArrayList<>();
            targets.add(new Target("direct (the demo server itself)", demo));
            targets.add(bareProxy);
            targets.addAll(gateways.targets());
            for (Target target : targets) {
                load(target.process, target.isProxy() ? warmUpSeconds : Math.max(1, warmUpSeconds / 12));
            }
            for (int round = 0; round < rounds; round++) {
                for (Target target : targets) {
                    target.rounds.add(load(target.process, seconds));
                }
            }
            for (Target target : targets) {
                WrkLoad.report(target.name, target.rounds);
            }
            for (Target target : targets) {
                if (target.isProxy()) {
                    System.out.printf(
                            Locale.ROOT,
                            "%s / nginx, CPU per call, ratio of medians: %.2f%n",
                            target.name,
                            WrkLoad.cpuMicros(target.rounds) / WrkLoad.cpuMicros(bareProxy.rounds));
                }
            }
        }
    }

    /** What is loaded in turn. */
    private record Target(String name, MeasuredProcess process, List<WrkLoad.Round> rounds) {
        Target(String name, MeasuredProcess process) {
            this(name, process, new ArrayList<>());
        }

        boolean isProxy() {
            return name.startsWith("headgate");
        }
    }

    /** Those that were started, one for each chain of each jar. */
    private record Gateways(List<Target> targets) implements AutoCloseable {
        @Override
        public void close() {
            for (Target target : targets) {
                target.process.close();
            }
        }
    }

    private void start(Gateways gateways, String which, List<String> java, int demoPort)
            throws IOException, InterruptedException {
        List<Target> targets = gateways.targets();
        targets.add(gateway("headgate, timeout alone" + which, "filters: [{timeout: 60s}]", java, demoPort));
        targets.add(gateway("headgate, default chain" + which, "", java, demoPort));
        targets.add(gateway("headgate, full-chain.yaml" + which, fullChain(), java, demoPort));
    }

    /** A gateway with one chain, or the default one. */
    private Target gateway(String target, String filters, List<String> java, int demoPort)
            throws IOException, InterruptedException {
        String name = "gateway" + ++started;
        int port = MeasuredProcess.freePort();
        Path config = directory.resolve(name + ".yaml");
        Files.writeString(config, """
                listen: 127.0.0.1:%d
                admin: 127.0.0.1:%d
                data: %s
                mcpServers:
                  demo:
                    url: http://127.0.0.1:%d/mcp
                    prefix: ""
                %s
                """.formatted(
                        port, MeasuredProcess.freePort(), directory.resolve(name + "-data"), demoPort, filters));
        List<String> command = plus(singleLoop(java), "run", "-c", config.toString());
        return new Target(target, MeasuredProcess.start(command, port, directory.resolve(name + ".log")));
    }

    /** The filters of the file that has them all, whose keys stand beside it and then beside what is made of it. */
    private String fullChain() throws IOException {
        Path chain = Path.of(System.getProperty("headgate.chain", "benchmarks/full-chain.yaml"));
        Files.copy(chain.resolveSibling(KEYS), directory.resolve(KEYS), StandardCopyOption.REPLACE_EXISTING);
        String file = Files.readString(chain);
        return file.substring(file.indexOf("filters:"));
    }

    private WrkLoad.Round load(MeasuredProcess target, int duration) throws IOException, InterruptedException {
        return wrk.run(target, target.port(), Map.of(), duration);
    }

    /** What runs the gateway's jar. */
    static List<String> plainJava() {
        return java(System.getProperty("headgate.jar", "gateway/target/headgate.jar"));
    }

    private static List<String> java(String jar) {
        return List.of(MeasuredProcess.java(), "-Xmx512m", "-jar", jar);
    }

    /** The same with one event loop, as nginx has one worker: both batch their system calls alike. */
    static List<String> singleLoop() {
        return singleLoop(plainJava());
    }

    private static List<String> singleLoop(List<String> java) {
        List<String> command = new ArrayList<>(java);
        command.add(1, "-XX:ActiveProcessorCount=1");
        return command;
    }

    private static List<String> plus(List<String> command, String... more) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(more));
        return all;
    }
}
