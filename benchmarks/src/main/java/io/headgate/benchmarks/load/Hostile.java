package io.headgate.benchmarks.load;

import io.headgate.benchmarks.load.attack.Attacks;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * 32 honest callers, first alone and then beside all attacks at once, before a gateway with a heap of 256 MiB: are they
 * still served, is every call of theirs in the audit log, and is the memory back when the attackers have gone?
 *
 * <p>Attackers have a fixed rate each, see {@link Attacks}, so that the machine has room for those who are measured.
 */
final class Hostile implements Scenario {
    private static final Pattern OUT_OF_MEMORY = Pattern.compile("OutOf(?:Direct)?MemoryError");
    private static final double MIB = 1024 * 1024;
    private static final long SAMPLE_MILLIS = 1_000;

    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", "hostile");
        result.put("smoke", smoke);
        try (Siege siege = new Siege(smoke);
                Honest honest = new Honest(siege.fleet().port(), siege.honestKeys())) {
            new Run(smoke, siege, honest, picture, result).all();
        }
        return result;
    }

    /** One siege from its beginning to its end. */
    private record Run(boolean smoke, Siege siege, Honest honest, Picture picture, Map<String, Object> result) {
        void all() throws Exception {
            Fleet fleet = siege.fleet();
            honest.run("warm-up", smoke ? 1 : 40, picture);
            long liveBefore = fleet.liveBytes();
            try (Held held = new Held(fleet, picture)) {
                Map<String, Tally> before = phase("alone", "Alone", smoke ? 2 : 60);
                besieged(before);
                held.tell(result);
            }
            siege.tell(result);
            siege.attackAll(/* on= */ false);
            result.put("gatewayAlive", fleet.isGatewayAlive());
            result.put("gatewayReady", fleet.isReady());
            if (fleet.isGatewayAlive()) {
                Map<String, Tally> after = honest.run("afterwards", smoke ? 1 : 10, picture);
                result.put("servedShareAfterwards", share(together(after)));
                siege.awaitMemory(MIB, smoke ? 5 : 60);
                memory(fleet, liveBefore, result);
            }
            honest.finish();
            fleet.stopGateway();
            result.putAll(new HonestRecords(siege.auditLog()).compare(honest));
            result.put("outOfMemoryErrors", outOfMemoryErrors(fleet));
        }

        /** The first moments are a part of what counts, and shown by themselves too. */
        private void besieged(Map<String, Tally> before) throws Exception {
            Fleet fleet = siege.fleet();
            int first = smoke ? 1 : 10;
            int seconds = smoke ? 4 : 290;
            double cpu = fleet.gatewayCpuSeconds();
            long log = Files.size(fleet.log());
            siege.attackAll(/* on= */ true);
            Map<String, Tally> onset = phase("onset", "Onset", first);
            Map<String, Tally> during = phase("attacked", "", seconds);
            result.put("p99OnsetMs", together(onset).servedMillis(99));
            onset.forEach(
                    (kind, tally) -> Objects.requireNonNull(during.get(kind)).add(tally));
            if (fleet.isGatewayAlive()) {
                result.put("gatewayCpuShare", (fleet.gatewayCpuSeconds() - cpu) / (first + seconds));
            }
            result.put("logBytesPerSecond", (Files.size(fleet.log()) - log) / (double) (first + seconds));
            latencies(before, during, result);
        }

        /** Calls, and clients beside them that open sessions. */
        private Map<String, Tally> phase(String name, String suffix, int seconds) throws Exception {
            try (Newcomers newcomers = new Newcomers(siege.fleet().port(), siege.honestKeys())) {
                Map<String, Tally> tallies = honest.run(name, seconds, picture);
                newcomers.finish();
                result.put("newcomersServedShare" + suffix, newcomers.servedShare());
                result.put("newcomersTrouble" + suffix, newcomers.trouble());
                return tallies;
            }
        }
    }

    private static void latencies(Map<String, Tally> before, Map<String, Tally> during, Map<String, Object> result) {
        Tally allBefore = together(before);
        Tally allDuring = together(during);
        result.put("p50AloneMs", allBefore.servedMillis(50));
        result.put("p50Ms", allDuring.servedMillis(50));
        result.put("p99AloneMs", allBefore.servedMillis(99));
        result.put("p99Ms", allDuring.servedMillis(99));
        result.put("p99Ratio", allDuring.servedMillis(99) / allBefore.servedMillis(99));
        before.forEach((kind, then) -> {
            Tally now = Objects.requireNonNull(during.get(kind));
            result.put(kind + "P99AloneMs", then.servedMillis(99));
            result.put(kind + "P99Ms", now.servedMillis(99));
            result.put(kind + "P99Ratio", now.servedMillis(99) / then.servedMillis(99));
        });
        result.put("servedShareAlone", share(allBefore));
        result.put("servedShare", share(allDuring));
        result.put("refused", allDuring.refused.getTotalCount());
        result.put("failed", allDuring.failed);
        result.put("late", allDuring.late);
    }

    /** What is left when all that was held for attackers is given back. */
    private static void memory(Fleet fleet, long liveBefore, Map<String, Object> result) throws Exception {
        result.put("heldAfterwardsMiB", fleet.counter("headgate_memory_held_bytes") / MIB);
        result.put("liveBeforeMiB", liveBefore / MIB);
        result.put("liveAfterwardsMiB", fleet.liveBytes() / MIB);
        result.put("endedForMemory", fleet.counter("headgate_memory_ended_total"));
        result.put("logLeftOut", fleet.counter("headgate_log_left_out_total"));
    }

    private static long outOfMemoryErrors(Fleet fleet) throws IOException {
        try (var lines = Files.lines(fleet.log())) {
            return lines.filter(line -> OUT_OF_MEMORY.matcher(line).find()).count();
        }
    }

    private static Tally together(Map<String, Tally> kinds) {
        Tally all = new Tally();
        kinds.values().forEach(all::add);
        return all;
    }

    private static double share(Tally tally) {
        return tally.good / (double) tally.offered;
    }

    /** How much the gateway holds, looked at again and again. */
    private static final class Held implements AutoCloseable {
        private final Fleet fleet;
        private final Picture.Chart chart;
        private final Thread thread = new Thread(this::run, "held");
        private volatile boolean isClosed;
        private double most;
        private double mostDirect;
        private int notReady;

        Held(Fleet fleet, Picture picture) {
            this.fleet = fleet;
            chart = picture.chart("held by the gateway, MiB");
            thread.start();
        }

        private void run() {
            long begun = System.nanoTime();
            try {
                while (!isClosed) {
                    look((System.nanoTime() - begun) / 1e9);
                    TimeUnit.MILLISECONDS.sleep(SAMPLE_MILLIS);
                }
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }

        private synchronized void look(double seconds) throws InterruptedException {
            try {
                List<Double> now = fleet.counters("headgate_memory_held_bytes", "headgate_memory_direct_bytes");
                most = Math.max(most, now.get(0));
                mostDirect = Math.max(mostDirect, now.get(1));
                chart.add("held", seconds, now.get(0) / MIB);
                chart.add("direct", seconds, now.get(1) / MIB);
                notReady += fleet.isReady() ? 0 : 1;
            } catch (IOException silent) {
                notReady++;
            }
        }

        synchronized void tell(Map<String, Object> result) {
            result.put("mostHeldMiB", most / MIB);
            result.put("mostDirectMiB", mostDirect / MIB);
            result.put("notReady", notReady);
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }
}
