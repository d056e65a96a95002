package io.headgate.benchmarks.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Agents fan out, think, and come again, before a server that does all that it is asked for at once: is a call refused that
 * the server itself would have answered in time?
 *
 * <p>The same agents call the server directly and through a gateway with the default chain that was just started; with a
 * machine for themselves, and beside busy processes.
 */
final class Bursts implements Scenario {
    private static final int[] AGENTS = {1, 20, 100, 500};
    private static final int[] MILLIS = {1, 50, 2_000};
    private static final int BUSY = 2;

    /** On top of what a call takes. */
    private static final Duration IN_TIME = Duration.ofSeconds(2);

    @SuppressWarnings("try") // The machine is busy as long as it is open.
    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", "bursts");
        result.put("smoke", smoke);
        List<Map<String, Object>> runs = new ArrayList<>();
        for (int busy = 0; busy <= BUSY; busy += BUSY) {
            for (int millis : smoke ? new int[] {50} : MILLIS) {
                for (int agents : smoke ? new int[] {20} : AGENTS) {
                    try (BusyMachine machine = new BusyMachine(busy)) {
                        runs.add(measure(agents, millis, busy, smoke, picture));
                    }
                }
            }
        }
        result.put("runs", runs);
        result.put("needlesslyRefused", sum(runs, "needlesslyRefused"));
        result.put("refused", sum(runs, "refused"));
        result.put("failed", sum(runs, "failed"));
        return result;
    }

    private static long sum(List<Map<String, Object>> runs, String name) {
        return runs.stream().mapToLong(each -> (Long) each.get(name)).sum();
    }

    private static Map<String, Object> measure(int agents, int millis, int busy, boolean smoke, Picture picture)
            throws Exception {
        String name = agents + " agents, " + millis + " ms" + (busy > 0 ? ", busy" : "");
        try (Fleet fleet = new Fleet()) {
            fleet.server("demo", 1);
            Tally direct = load(fleet.serverPort("demo"), "sleep", agents, millis, smoke, name + ", direct", picture);
            fleet.gateway(Fleet.DEFAULT_CHAIN);
            Tally through = load(fleet.port(), "demo__sleep", agents, millis, smoke, name, picture);
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("agents", agents);
            one.put("workMs", millis);
            one.put("busyProcesses", busy);
            one.put("calls", through.offered);
            one.put("directCalls", direct.offered);
            one.put("directLate", direct.late + direct.failed);
            one.put("directP50Ms", direct.servedMillis(50));
            one.put("directP99Ms", direct.servedMillis(99));
            one.put("refused", through.refused.getTotalCount());
            one.put("needlesslyRefused", Math.max(0, through.refused.getTotalCount() - direct.late - direct.failed));
            one.put("failed", through.failed);
            one.put("late", through.late);
            one.put("p50Ms", through.servedMillis(50));
            one.put("p99Ms", through.servedMillis(99));
            return one;
        }
    }

    private static Tally load(
            int port, String tool, int agents, int millis, boolean smoke, String name, Picture picture)
            throws Exception {
        int seconds = smoke ? 2 : 15;
        Agents.Habit habit = smoke ? Agents.Habit.HASTY_AGENT : Agents.Habit.AGENT;
        String arguments = "{\"ms\":" + millis + "}";
        Duration patience = IN_TIME.plusMillis(millis);
        try (Agents load = new Agents(port, tool, arguments, agents, habit, patience)) {
            return load.run(seconds, new Progress(name, seconds, picture));
        }
    }
}
