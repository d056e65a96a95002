package io.headgate.benchmarks.load;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Five times as many calls as the server can do: what does it still get done, and what becomes of the others?
 *
 * <p>The same once more without the filter. A call is good if its answer comes within the longest time that a call may
 * wait and a second more; after ten seconds clients hang up.
 */
final class Overload implements Scenario {
    private static final int WORKERS = 8;
    private static final int MILLIS = 20;
    private static final double CAPACITY = WORKERS * 1000.0 / MILLIS;
    private static final int TIMES = 5;
    private static final int BOUND_MILLIS = 5_000;
    private static final int PATIENCE_MILLIS = BOUND_MILLIS + 1_000;
    private static final Duration HANG_UP = Duration.ofSeconds(10);

    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        int seconds = smoke ? 4 : 60;
        int before = smoke ? 3 : 20;
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", "overload");
        result.put("smoke", smoke);
        result.put("seconds", seconds);
        result.put("capacity", CAPACITY);
        result.put("offered", TIMES * CAPACITY);
        double peak;
        try (Fleet fleet = new Fleet()) {
            fleet.server("demo", WORKERS);
            fleet.gateway("""
                    - concurrency: {}
                    - timeout: 60s
                    """);
            try (OpenLoop load = load(fleet)) {
                load.run(0.7 * CAPACITY, before, new Progress("warm-up", before, picture));
                Tally at = load.run(CAPACITY, before, new Progress("at capacity", before, picture));
                Tally above = load.run(1.5 * CAPACITY, before, new Progress("at 1.5 times", before, picture));
                peak = Math.max(at.good, above.good) / (double) before;
                double earlyBefore = fleet.counter("headgate_early_refusals_total");
                Tally over = load.run(TIMES * CAPACITY, seconds, new Progress("at 5 times", seconds, picture));
                double early = fleet.counter("headgate_early_refusals_total") - earlyBefore;
                Tally after = load.run(0.7 * CAPACITY, smoke ? 1 : 10, new Progress("afterwards", 10, picture));
                double goodput = over.good / (double) seconds;
                result.put("peak", peak);
                result.put("goodput", goodput);
                result.put("goodputRatio", goodput / peak);
                result.put("p99AtCapacityMs", at.servedMillis(99));
                result.put("admittedP50Ms", over.servedMillis(50));
                result.put("admittedP99Ms", over.servedMillis(99));
                result.put("admittedP99Aim", BOUND_MILLIS + MILLIS);
                result.put("late", over.late);
                result.put("rejected", over.refused.getTotalCount());
                result.put("rejectP50Ms", over.refusedMillis(50));
                result.put("rejectP99Ms", over.refusedMillis(99));
                result.put("earlyShare", early / Math.max(1, over.refused.getTotalCount()));
                result.put("failed", over.failed);
                result.put("refusedBelowCapacityAfterwards", after.refused.getTotalCount());
            }
        }
        Tally without = withoutFilter(seconds, before, picture);
        double collapsed = without.good / (double) seconds;
        result.put("withoutFilterGoodput", collapsed);
        result.put("withoutFilterGoodputRatio", collapsed / peak);
        result.put("withoutFilterP99Ms", without.servedMillis(99));
        return result;
    }

    private static OpenLoop load(Fleet fleet) {
        return new OpenLoop(
                fleet.port(), "demo__work", number -> "{\"ms\":" + MILLIS + "}", "", PATIENCE_MILLIS, HANG_UP);
    }

    private static Tally withoutFilter(int seconds, int before, Picture picture) throws Exception {
        try (Fleet fleet = new Fleet()) {
            fleet.server("demo", WORKERS);
            fleet.gateway("- timeout: 60s\n");
            try (OpenLoop load = load(fleet)) {
                load.run(0.7 * CAPACITY, before, new Progress("warm-up, no filter", before, picture));
                return load.run(TIMES * CAPACITY, seconds, new Progress("at 5 times, no filter", seconds, picture));
            }
        }
    }
}
