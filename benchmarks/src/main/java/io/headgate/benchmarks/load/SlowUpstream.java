package io.headgate.benchmarks.load;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** One of three servers goes from 10 ms to 5 s and back: what do the calls of the other two notice? */
final class SlowUpstream implements Scenario {
    private static final double RATE = 150;
    private static final String QUICK = "{\"ms\":10}";
    private static final String SLOW = "{\"ms\":5000}";

    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        int before = smoke ? 2 : 20;
        int slow = smoke ? 3 : 30;
        int after = smoke ? 3 : 40;
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", "slow-upstream");
        result.put("smoke", smoke);
        try (Fleet fleet = new Fleet()) {
            for (String name : new String[] {"one", "two", "three"}) {
                fleet.server(name, 100);
            }
            fleet.gateway("""
                    - concurrency:
                        classes: [{name: work, tools: ["*__work"]}]
                    - breaker: {slow: 1s}
                    - timeout: 60s
                    """);
            try (OpenLoop one = new OpenLoop(fleet.port(), "one__work", QUICK);
                    OpenLoop two = new OpenLoop(fleet.port(), "two__work", QUICK);
                    OpenLoop three = new OpenLoop(fleet.port(), "three__work", QUICK)) {
                Map<String, OpenLoop> loads = Map.of("one", one, "two", two, "three", three);
                Together.run(parts(loads, "warm-up", before, picture), before);
                Map<String, Tally> then = Together.run(parts(loads, "before", before, picture), before);
                three.arguments(SLOW);
                Map<String, Together.Part> parts = parts(loads, "slow", slow, picture);
                Together.Part third = Objects.requireNonNull(parts.get("three"));
                Freed freed = new Freed(fleet, "three", third.eachSecond());
                parts.put("three", new Together.Part(three, RATE, freed));
                Map<String, Tally> during = Together.run(parts, slow);
                result.put("mostInFlightAtTheSlowOne", freed.most());
                result.put("freedSeconds", freed.seconds());
                three.arguments(QUICK);
                double goodput = Objects.requireNonNull(then.get("three")).good / (double) before;
                Recovery recovery = new Recovery(goodput, new Progress("three, afterwards", after, picture));
                three.run(RATE, after, recovery);
                result.put("oneP99Ratio", ratio("one", then, during));
                result.put("twoP99Ratio", ratio("two", then, during));
                result.put("oneServedShare", share("one", during));
                result.put("twoServedShare", share("two", during));
                result.put("recoverySeconds", recovery.seconds());
            }
        }
        return result;
    }

    private static Map<String, Together.Part> parts(
            Map<String, OpenLoop> loads, String phase, int seconds, Picture picture) {
        Map<String, Together.Part> parts = new LinkedHashMap<>();
        loads.forEach((name, load) ->
                parts.put(name, new Together.Part(load, RATE, new Progress(name + ", " + phase, seconds, picture))));
        return parts;
    }

    private static double ratio(String name, Map<String, Tally> before, Map<String, Tally> during) {
        return Objects.requireNonNull(during.get(name)).servedMillis(99)
                / Objects.requireNonNull(before.get(name)).servedMillis(99);
    }

    private static double share(String name, Map<String, Tally> during) {
        Tally tally = Objects.requireNonNull(during.get(name));
        return tally.good / (double) tally.offered;
    }
}
