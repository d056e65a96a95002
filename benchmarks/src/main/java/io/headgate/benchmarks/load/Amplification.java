package io.headgate.benchmarks.load;

import io.headgate.benchmarks.load.attack.Attacks;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/**
 * What each attack alone costs the gateway, by what it costs the attacker: bytes held by bytes sent, and CPU by CPU.
 *
 * <p>A little is held for every attack, whatever it sends, so {@link #CONSTANT} is left out of the ratio of bytes.
 */
final class Amplification implements Scenario {
    private static final double MIB = 1024 * 1024;

    /** Connections and their buffers, sessions, and what the gateway keeps once it did something for the first time. */
    private static final double CONSTANT = 4 * MIB;

    private static final int HELD_AGAIN_SECONDS = 20;
    private static final long SAMPLE_MILLIS = 500;

    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", "amplification");
        result.put("smoke", smoke);
        int seconds = smoke ? 1 : 10;
        try (Siege siege = new Siege(smoke);
                Honest honest = new Honest(siege.fleet().port(), siege.honestKeys())) {
            honest.run("warm-up", smoke ? 1 : 40, picture);
            List<Map<String, Object>> attacks = new ArrayList<>();
            for (String name : Attacks.ALL) {
                attacks.add(attack(siege, name, seconds, smoke));
            }
            result.put("attacks", attacks);
        }
        return result;
    }

    private static Map<String, Object> attack(Siege siege, String name, int seconds, boolean smoke) throws Exception {
        // Cold code of either side would tell of its compiler.
        if (!smoke) {
            siege.attack(name, /* on= */ true);
            TimeUnit.SECONDS.sleep(seconds / 2);
            siege.attack(name, /* on= */ false);
            siege.awaitMemory(MIB, HELD_AGAIN_SECONDS);
        }
        Measured idle = new Measured(siege);
        idle.mostHeld(seconds);
        double idleCpu = idle.gatewayCpu();
        long live = siege.fleet().liveBytes();
        long log = Files.size(siege.fleet().log());
        Measured measured = new Measured(siege);
        siege.attack(name, /* on= */ true);
        double held = measured.mostHeld(seconds);
        double cpu = measured.gatewayCpu();
        double callersCpu = measured.callersCpu();
        double serversCpu = measured.serversCpu();
        long fromCallers = measured.bytesOfCallers(name);
        long fromServers = measured.bytesOfServers(name);
        long grown = siege.fleet().liveBytes() - live;
        siege.attack(name, /* on= */ false);
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("attack", name);
        one.put("bytesFromCallers", fromCallers);
        one.put("bytesFromServers", fromServers);
        one.put("mostHeldBytes", (long) held);
        one.put("liveBytesMore", grown);
        one.put("bytesRatio", Math.max(0, Math.max(held, (double) grown) - CONSTANT) / (fromCallers + fromServers));
        one.put("gatewayCpuMillis", 1000 * cpu);
        one.put("idleGatewayCpuMillis", 1000 * idleCpu);
        one.put("callersCpuMillis", 1000 * callersCpu);
        one.put("serversCpuMillis", 1000 * serversCpu);
        one.put("cpuRatio", cpu / Math.max(0.01, callersCpu + serversCpu));
        one.put("logBytes", Files.size(siege.fleet().log()) - log);
        siege.awaitMemory(MIB, smoke ? 1 : HELD_AGAIN_SECONDS);
        one.put("liveBytesMoreAfterwards", siege.fleet().liveBytes() - live);
        System.out.printf(Locale.ROOT, "%s%n", one);
        return one;
    }

    /** What is measured from one moment on. */
    private static final class Measured {
        private final Siege siege;
        private final double gatewayCpu;
        private final double callersCpu;
        private final double serversCpu;
        private final JsonNode callers;
        private final JsonNode servers;

        Measured(Siege siege) throws IOException {
            this.siege = siege;
            callers = siege.callers();
            servers = siege.servers();
            gatewayCpu = siege.fleet().gatewayCpuSeconds();
            callersCpu = siege.callersCpuSeconds();
            serversCpu = siege.serversCpuSeconds();
        }

        double gatewayCpu() {
            return siege.fleet().gatewayCpuSeconds() - gatewayCpu;
        }

        double callersCpu() {
            return siege.callersCpuSeconds() - callersCpu;
        }

        double serversCpu() {
            return siege.serversCpuSeconds() - serversCpu;
        }

        /** Looks for so many seconds at how much is held. */
        double mostHeld(int seconds) throws IOException, InterruptedException {
            double most = 0;
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            while (System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(SAMPLE_MILLIS);
                most = Math.max(most, siege.fleet().counter("headgate_memory_held_bytes"));
            }
            return most;
        }

        long bytesOfCallers(String name) throws IOException {
            return bytes(name, siege.callers()) - bytes(name, callers);
        }

        long bytesOfServers(String name) throws IOException {
            return bytes(name, siege.servers()) - bytes(name, servers);
        }

        private static long bytes(String name, JsonNode report) {
            return report.path(name).path("bytes").asLong(0);
        }
    }
}
