package io.headgate.benchmarks.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * How soon does the limit come to what the server can work on, how still does it stand there, and how soon does it follow
 * a step?
 *
 * <p>The best limit keeps all workers busy: one call for each, and for the way there and back as many more as that takes
 * longer than the work; what a call takes alone is measured when the load is over. For the step the server is
 * started anew with another number of workers.
 */
final class Convergence implements Scenario {
    private static final double TIMES = 3;
    private static final double WIDTH = 0.2;
    private static final String FILTERS = """
            - concurrency:
                min: 1
                classes: [{name: work, tools: ["demo__work"]}]
            - timeout: 60s
            """;

    private record Look(double seconds, double limit) {}

    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", "convergence");
        result.put("smoke", smoke);
        List<Object> runs = new ArrayList<>();
        runs.add(settle(1, 10, smoke, picture));
        runs.add(settle(8, 20, smoke, picture));
        runs.add(settle(64, 100, smoke, picture));
        result.put("runs", runs);
        result.put("step", step(8, 32, 40, smoke, picture));
        return result;
    }

    private static Map<String, Object> settle(int workers, int millis, boolean smoke, Picture picture)
            throws Exception {
        int seconds = smoke ? 3 : 40;
        try (Fleet fleet = new Fleet()) {
            fleet.server("demo", workers);
            fleet.gateway(FILTERS);
            warmUp(fleet, workers + " workers", smoke, picture);
            try (OpenLoop load = new OpenLoop(fleet.port(), "demo__work", "{\"ms\":" + millis + "}")) {
                String name = workers + " workers";
                double rate = TIMES * workers * 1000.0 / millis;
                List<Look> looks = watched(fleet, load, rate, seconds, name, picture);
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("workers", workers);
                one.put("workMs", millis);
                int alone = smoke ? 1 : 6;
                // What waited at the end of the load is none of them.
                load.run(5, 1, new Progress(name + ", rest", 1, picture));
                double aloneMs = load.run(5, alone, new Progress(name + ", alone", alone, picture))
                        .servedMillis(50);
                double best = workers * Math.max(1, aloneMs / millis);
                one.put("aloneMs", aloneMs);
                one.put("best", best);
                one.put("settledSeconds", settled(looks, best));
                steadiness(looks, smoke ? 1 : 15, one);
                return one;
            }
        }
    }

    private static Map<String, Object> step(int from, int to, int millis, boolean smoke, Picture picture)
            throws Exception {
        int seconds = smoke ? 3 : 40;
        try (Fleet fleet = new Fleet()) {
            fleet.server("demo", from);
            fleet.gateway(FILTERS);
            warmUp(fleet, "step", smoke, picture);
            try (OpenLoop load = new OpenLoop(fleet.port(), "demo__work", "{\"ms\":" + millis + "}")) {
                double rate = TIMES * to * 1000.0 / millis;
                watched(fleet, load, rate, smoke ? 2 : 20, from + " workers before the step", picture);
                fleet.server("demo", to);
                List<Look> up = watched(fleet, load, rate, seconds, "step to " + to, picture);
                fleet.server("demo", from);
                List<Look> down = watched(fleet, load, rate, seconds, "step to " + from, picture);
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("from", from);
                one.put("to", to);
                one.put("upSeconds", settled(up, to));
                one.put("downSeconds", settled(down, from));
                return one;
            }
        }
    }

    /** With a tool of another cost class: the JVMs are warm then, and of this one nothing is known. */
    private static void warmUp(Fleet fleet, String name, boolean smoke, Picture picture) throws Exception {
        int seconds = smoke ? 1 : 10;
        try (OpenLoop load = new OpenLoop(fleet.port(), "demo__echo", "{\"message\":\"headgate\"}")) {
            load.run(300, seconds, new Progress(name + ", warm-up", seconds, picture));
        }
    }

    /** What the limit was, ten times a second. */
    private static List<Look> watched(
            Fleet fleet, OpenLoop load, double rate, int seconds, String name, Picture picture) throws Exception {
        List<Look> looks = new ArrayList<>();
        Picture.Chart chart = picture.chart(name + ": limit");
        AtomicBoolean over = new AtomicBoolean();
        long start = System.nanoTime();
        Thread watcher = new Thread(
                () -> {
                    while (!over.get()) {
                        look(fleet, start, looks, chart);
                    }
                },
                "watcher");
        watcher.start();
        try {
            load.run(rate, seconds, new Progress(name, seconds, picture));
        } finally {
            over.set(true);
            watcher.join();
        }
        return looks;
    }

    private static void look(Fleet fleet, long start, List<Look> looks, Picture.Chart chart) {
        try {
            JsonNode limiter = fleet.limiter("demo", "work");
            double at = (System.nanoTime() - start) / 1e9;
            if (limiter.has("limit")) {
                looks.add(new Look(at, limiter.path("limit").asDouble()));
                chart.add("limit", at, limiter.path("limit").asDouble());
                chart.add("permits", at, limiter.path("permits").asDouble());
                chart.add("in flight", at, limiter.path("inFlight").asDouble());
            }
            TimeUnit.MILLISECONDS.sleep(100);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From when on the limit was always near the best; null if it was not at the end. */
    private static @Nullable Double settled(List<Look> looks, double best) {
        Double since = null;
        for (Look look : looks) {
            boolean isNear = Math.abs(look.limit() - best) <= WIDTH * best;
            if (!isNear) {
                since = null;
            } else if (since == null) {
                since = look.seconds();
            }
        }
        return since;
    }

    private static void steadiness(List<Look> looks, double from, Map<String, Object> result) {
        double[] steady = looks.stream()
                .filter(look -> look.seconds() >= from)
                .mapToDouble(Look::limit)
                .sorted()
                .toArray();
        if (steady.length > 0) {
            double mean = Arrays.stream(steady).average().orElse(0);
            double swing = (steady[steady.length - 1] - steady[0]) / mean;
            result.put("mean", mean);
            result.put("low", steady[0]);
            result.put("high", steady[steady.length - 1]);
            result.put("swing", swing);
            System.out.printf(Locale.ROOT, "mean %.1f, swing %.0f %%%n", mean, 100 * swing);
        }
    }
}
