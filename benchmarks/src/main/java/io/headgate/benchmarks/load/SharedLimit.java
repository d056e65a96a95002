package io.headgate.benchmarks.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Two gateways share a limit in a Redis that is killed and started again, while each of them gets as many calls as both
 * together may let pass: does any call fail, and how many pass?
 */
final class SharedLimit implements Scenario {
    private static final int RATE = 200;
    private static final int WORKERS = 100;
    private static final String WORK = "{\"ms\":10}";
    private static final List<String> PHASES = List.of("WithRedis", "WithoutRedis", "AgainWithRedis");

    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        int each = smoke ? 2 : 20;
        int seconds = PHASES.size() * each;
        int before = smoke ? 1 : 10;
        try (Fleet one = new Fleet();
                Fleet two = new Fleet();
                RedisServer redis = new RedisServer(one.directory())) {
            String filters = """
                    - rateLimit: {limits: [{per: all, rate: %d/s}], nodes: 2, shared: "%s"}
                    - timeout: 60s
                    """.formatted(RATE, redis.uri());
            for (Fleet fleet : List.of(one, two)) {
                fleet.server("demo", WORKERS);
                fleet.gateway(filters);
                fleet.await("headgate_ratelimit_shared_state", 1);
            }
            try (OpenLoop first = new OpenLoop(one.port(), "demo__work", WORK);
                    OpenLoop second = new OpenLoop(two.port(), "demo__work", WORK)) {
                // Also empties the buckets.
                Together.run(
                        Map.of(
                                "one", new Together.Part(first, RATE, new Progress("one, warm-up", before, picture)),
                                "two", new Together.Part(second, RATE, new Progress("two, warm-up", before, picture))),
                        before);
                Phases ofOne = new Phases(each, new Progress("one", seconds, picture));
                Phases ofTwo = new Phases(each, new Progress("two", seconds, picture));
                Together.run(
                        Map.of(
                                "one", new Together.Part(first, RATE, ofOne.andThen(killing(redis, each))),
                                "two", new Together.Part(second, RATE, ofTwo)),
                        seconds);
                for (Fleet fleet : List.of(one, two)) {
                    fleet.await("headgate_ratelimit_shared_state", 1);
                }
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("scenario", "redis");
                result.put("smoke", smoke);
                result.put("seconds", seconds);
                figures(ofOne, ofTwo, each, result);
                return result;
            }
        }
    }

    /** Kills Redis after one phase and starts it again after two. */
    private static Consumer<Tally> killing(RedisServer redis, int each) {
        int[] second = {0};
        return last -> {
            second[0]++;
            if (second[0] == each) {
                redis.kill();
            } else if (second[0] == 2 * each) {
                try {
                    redis.start();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    private static void figures(Phases ofOne, Phases ofTwo, int each, Map<String, Object> result) {
        Tally all = new Tally();
        Map<String, Object> phases = new LinkedHashMap<>();
        for (int i = 0; i < PHASES.size(); i++) {
            Tally both = new Tally();
            both.add(ofOne.tallies.get(i));
            both.add(ofTwo.tallies.get(i));
            all.add(both);
            figures(PHASES.get(i), both, each, phases);
        }
        figures("", all, PHASES.size() * each, result);
        result.putAll(phases);
    }

    private static void figures(String phase, Tally both, int seconds, Map<String, Object> result) {
        double limit = (double) RATE * seconds;
        long admitted = both.good + both.late;
        result.put("limitCalls" + phase, limit);
        result.put("offered" + phase, both.offered);
        result.put("admitted" + phase, admitted);
        result.put("admittedRatio" + phase, admitted / limit);
        // Nothing here may say that there is no room.
        result.put("failed" + phase, both.failed + both.busy);
        result.put("refused" + phase, both.refused.getTotalCount() - both.busy);
    }

    /** What came of each phase, all of which are equally long. */
    private static final class Phases implements Consumer<Tally> {
        private final int each;
        private final Consumer<Tally> next;
        private final List<Tally> tallies = new ArrayList<>();
        private int second;

        Phases(int each, Consumer<Tally> next) {
            this.each = each;
            this.next = next;
        }

        @Override
        public void accept(Tally last) {
            next.accept(last);
            if (second++ % each == 0) {
                tallies.add(new Tally());
            }
            tallies.get(tallies.size() - 1).add(last);
        }
    }
}
