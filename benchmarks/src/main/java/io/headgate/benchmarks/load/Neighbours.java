package io.headgate.benchmarks.load;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One caller sends ten times its share of what a server can do: what does another one, which keeps to its own, notice?
 *
 * <p>The time beside the loud caller begins with its first call; what came of the first seconds, the onset, is shown once
 * more by itself.
 *
 * <p>Callers are told apart by what they show, {@code Authorization}; nobody checks it here.
 */
final class Neighbours implements Scenario {
    private static final int WORKERS = 8;
    private static final int MILLIS = 20;
    private static final double SHARE = 0.5 * WORKERS * 1000.0 / MILLIS;
    private static final double QUIET = 0.5 * SHARE;
    private static final int TIMES = 10;
    private static final int OTHER_MILLIS = 500;
    private static final int PATIENCE_MILLIS = 1_000;
    /** Calls may wait for five seconds; a thousand clients that hang up at a time would be another load. */
    private static final Duration HANG_UP = Duration.ofSeconds(10);

    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        int seconds = smoke ? 3 : 30;
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", "neighbours");
        result.put("smoke", smoke);
        try (Fleet fleet = new Fleet()) {
            fleet.server("demo", WORKERS);
            fleet.gateway("""
                    - concurrency: {}
                    - timeout: 60s
                    """);
            warmUp(fleet, smoke ? 1 : 10, picture);
            try (OpenLoop quiet = load(fleet, "quiet");
                    OpenLoop loud = load(fleet, "loud")) {
                // Cold code would make the time before look bad, and so the time after it good.
                both(quiet, loud, QUIET, "warm-up", smoke ? 1 : 20, picture);
                var before = both(quiet, loud, QUIET, "before", seconds, picture);
                var onset = both(quiet, loud, TIMES * SHARE, "onset", smoke ? 1 : 5, picture);
                var during = both(quiet, loud, TIMES * SHARE, "during", seconds, picture);
                Tally then = Objects.requireNonNull(before.get("quiet"));
                Tally first = Objects.requireNonNull(onset.get("quiet"));
                Tally later = Objects.requireNonNull(during.get("quiet"));
                Tally all = new Tally();
                all.add(first);
                all.add(later);
                result.put("p99BeforeMs", then.servedMillis(99));
                result.put("p99DuringMs", all.servedMillis(99));
                result.put("p99Ratio", all.servedMillis(99) / then.servedMillis(99));
                result.put("refusedDuring", all.refused.getTotalCount());
                result.put("servedShareBefore", then.good / (double) then.offered);
                result.put("servedShareDuring", all.good / (double) all.offered);
                result.put("p99OnsetMs", first.servedMillis(99));
                result.put("servedShareOnset", first.good / (double) first.offered);
                result.put("p99LaterMs", later.servedMillis(99));
                result.put("loudGoodput", Objects.requireNonNull(during.get("loud")).good / (double) seconds);
            }
        }
        return result;
    }

    /**
     * With as many calls of another cost class, most of which are refused: of a crowd the JVMs know the code then, and the
     * limiter of this class nothing.
     */
    private static void warmUp(Fleet fleet, int seconds, Picture picture) throws Exception {
        try (OpenLoop load = new OpenLoop(fleet.port(), "demo__sleep", "{\"ms\":" + OTHER_MILLIS + "}")) {
            load.run(TIMES * SHARE, seconds, new Progress("warm-up, other class", seconds, picture));
        }
    }

    private static Map<String, Tally> both(
            OpenLoop quiet, OpenLoop loud, double loudRate, String phase, int seconds, Picture picture)
            throws Exception {
        return Together.run(
                Map.of(
                        "quiet", part(quiet, QUIET, "quiet, " + phase, seconds, picture),
                        "loud", part(loud, loudRate, "loud, " + phase, seconds, picture)),
                seconds);
    }

    private static Together.Part part(OpenLoop load, double rate, String name, int seconds, Picture picture) {
        return new Together.Part(load, rate, new Progress(name, seconds, picture));
    }

    private static OpenLoop load(Fleet fleet, String caller) {
        return new OpenLoop(
                fleet.port(),
                "demo__work",
                number -> "{\"ms\":" + MILLIS + "}",
                "Authorization: Bearer " + caller + "\r\n",
                PATIENCE_MILLIS,
                HANG_UP);
    }
}
