package io.headgate.benchmarks.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Many connections that each wait for their answer before they go on, on a machine that has other work: is a call refused,
 * and what does the default chain cost beside {@code timeout} alone?
 *
 * <p>Two gateways run the whole time, and each gets the same in turn.
 */
final class ClosedLoop implements Scenario {
    private static final int[] CONNECTIONS = {64, 256};
    private static final int BUSY = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    @SuppressWarnings("try") // The machine is busy as long as it is open.
    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", "closed-loop");
        result.put("smoke", smoke);
        List<Map<String, Object>> runs = new ArrayList<>();
        try (Side bare = new Side("timeout alone", "- timeout: 60s\n");
                Side usual = new Side("default chain", Fleet.DEFAULT_CHAIN);
                BusyMachine machine = new BusyMachine(BUSY)) {
            for (int connections : CONNECTIONS) {
                runs.add(compare(bare, usual, connections, smoke, picture));
            }
        }
        result.put("runs", runs);
        return result;
    }

    private static Map<String, Object> compare(Side bare, Side usual, int connections, boolean smoke, Picture picture)
            throws Exception {
        int seconds = smoke ? 1 : 6;
        int rounds = smoke ? 1 : 7;
        List<Side> sides = List.of(bare, usual);
        for (Side side : sides) {
            side.round(connections, smoke ? 1 : 30, picture);
        }
        // What was refused while the JVM was cold counts: a gateway that was just started is used too.
        double refused = usual.rounds.get(0).refused();
        sides.forEach(side -> side.rounds.clear());
        for (int round = 0; round < rounds; round++) {
            for (Side side : sides) {
                side.round(connections, seconds, picture);
            }
        }
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("connections", connections);
        one.put("busyProcesses", BUSY);
        one.put("refused", refused + usual.sum(Round::refused));
        one.put("failed", usual.sum(Round::failed));
        one.put("cpuMicros", usual.median(Round::cpuMicros));
        one.put("cpuMicrosTimeoutAlone", bare.median(Round::cpuMicros));
        one.put("cpuRatio", usual.median(Round::cpuMicros) / bare.median(Round::cpuMicros));
        one.put("goodPerSecond", usual.median(Round::good));
        one.put("goodPerSecondTimeoutAlone", bare.median(Round::good));
        one.put("p50Ms", usual.median(Round::p50Millis));
        one.put("p50MsTimeoutAlone", bare.median(Round::p50Millis));
        one.put("p99Ms", usual.median(Round::p99Millis));
        one.put("p99MsTimeoutAlone", bare.median(Round::p99Millis));
        sides.forEach(side -> side.rounds.clear());
        return one;
    }

    /** What came of one stretch of load. */
    private record Round(
            double cpuMicros, double good, double p50Millis, double p99Millis, double refused, double failed) {}

    /** One gateway with its own server. */
    private static final class Side implements AutoCloseable {
        private final String name;
        private final Fleet fleet = new Fleet();
        private final List<Round> rounds = new ArrayList<>();

        Side(String name, String filters) throws Exception {
            this.name = name;
            fleet.server("demo", 8);
            fleet.gateway(filters);
        }

        void round(int connections, int seconds, Picture picture) throws Exception {
            String phase = name + ", " + connections;
            try (Agents load = new Agents(
                    fleet.port(),
                    "demo__echo",
                    "{\"message\":\"headgate\"}",
                    connections,
                    Agents.Habit.CONNECTION,
                    PATIENCE)) {
                double before = fleet.gatewayCpuSeconds();
                Tally all = load.run(seconds, new Progress(phase, seconds, picture));
                double cpu = fleet.gatewayCpuSeconds() - before;
                rounds.add(new Round(
                        cpu * 1e6 / Math.max(1, all.good),
                        all.good / (double) seconds,
                        all.servedMillis(50),
                        all.servedMillis(99),
                        all.refused.getTotalCount(),
                        all.failed));
            }
        }

        double median(ToDoubleFunction<Round> figure) {
            double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
            return sorted[sorted.length / 2];
        }

        double sum(ToDoubleFunction<Round> figure) {
            return rounds.stream().mapToDouble(figure).sum();
        }

        @Override
        public void close() {
            fleet.close();
        }
    }
}
