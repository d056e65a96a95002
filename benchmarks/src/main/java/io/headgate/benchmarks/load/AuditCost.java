package io.headgate.benchmarks.load;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What do two durable records cost a call, and how fast is their log written and proved?
 *
 * <p>Two gateways run the whole time, one with {@code audit: {durability: strict}}; each gets the same calls in turn.
 */
final class AuditCost implements Scenario {
    private static final double RATE = 5_000;
    private static final String COMMITS = "headgate_audit_fsync_seconds_count";

    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        int seconds = smoke ? 2 : 10;
        int rounds = smoke ? 1 : 5;
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", "audit");
        result.put("smoke", smoke);
        result.put("callsPerSecond", RATE);
        try (Side without = new Side("without", "- timeout: 60s\n");
                Side with = new Side("with", "- audit: {durability: strict}\n- timeout: 60s\n")) {
            for (Side side : List.of(without, with)) {
                side.round(smoke ? 1 : 40, picture);
                side.rounds.clear();
            }
            for (int round = 0; round < rounds; round++) {
                without.round(seconds, picture);
                with.round(seconds, picture);
            }
            for (Side side : List.of(without, with)) {
                result.put(side.name + "CpuMicros", side.median(Round::cpuMicros));
                result.put(side.name + "P50Ms", side.median(Round::p50Millis));
                result.put(side.name + "P99Ms", side.median(Round::p99Millis));
                result.put(side.name + "Failed", side.median(Round::failed));
            }
            result.put("cpuMicrosMore", with.median(Round::cpuMicros) - without.median(Round::cpuMicros));
            result.put("commitsPerCall", with.median(Round::commits));
            result.put("p50MsMore", with.median(Round::p50Millis) - without.median(Round::p50Millis));
        }
        result.putAll(LogSpeed.measure(smoke ? 20_000 : 500_000));
        return result;
    }

    /** What came of one stretch of load. */
    private record Round(double cpuMicros, double p50Millis, double p99Millis, double failed, double commits) {}

    /** One gateway with its own server and its own load. */
    private static final class Side implements AutoCloseable {
        private final String name;
        private final Fleet fleet = new Fleet();
        private final OpenLoop load;
        private final List<Round> rounds = new ArrayList<>();

        Side(String name, String filters) throws Exception {
            this.name = name;
            fleet.server("demo", 8);
            fleet.gateway(filters);
            load = new OpenLoop(fleet.port(), "demo__echo", "{\"message\":\"headgate\"}");
        }

        void round(int seconds, Picture picture) throws Exception {
            double commits = fleet.counter(COMMITS);
            double before = fleet.gatewayCpuSeconds();
            Tally all = load.run(RATE, seconds, new Progress(name, seconds, picture));
            double cpu = fleet.gatewayCpuSeconds() - before;
            double served = Math.max(1, all.good + all.late);
            rounds.add(new Round(
                    cpu * 1e6 / served,
                    all.servedMillis(50),
                    all.servedMillis(99),
                    all.failed + all.refused.getTotalCount(),
                    (fleet.counter(COMMITS) - commits) / served));
        }

        double median(ToDoubleFunction<Round> figure) {
            double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
            return sorted[sorted.length / 2];
        }

        @Override
        public void close() {
            load.close();
            fleet.close();
        }
    }
}
