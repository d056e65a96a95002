package io.headgate.benchmarks.load;

import io.headgate.benchmarks.load.Relay.Fate;
import io.headgate.benchmarks.load.Relay.Moment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A server dies under load and comes back: how much more than the calls does it get, and how soon is all well again? And
 * when connections are reset all the time: is anything done twice?
 *
 * <p>The dead server takes connections, and resets each when it has read a request. The tool may be called twice, so that
 * everything would be sent again as often as the file says.
 */
final class Outage implements Scenario {
    private static final int WORKERS = 100;
    private static final String WORK = "{\"ms\":10}";

    /** What bounds the repetitions here is the share of the calls alone. */
    private static final String BUDGET_ONLY = """
            - retry: {idempotent: ["*__work"], budget: {perSecond: 0}}
            - timeout: 60s
            """;

    private static final String DEFAULT_CHAIN = """
            - concurrency: {}
            - breaker: {}
            - retry: {idempotent: ["*__work"]}
            - timeout: 60s
            """;

    @Override
    public Map<String, Object> run(boolean smoke, Picture picture) throws Exception {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scenario", "outage");
        result.put("smoke", smoke);
        die("", "default chain", DEFAULT_CHAIN, smoke, picture, result);
        die("BudgetOnly", "budget only", BUDGET_ONLY, smoke, picture, result);
        result.putAll(LostConnections.measure(smoke, picture));
        return result;
    }

    private static void die(
            String suffix, String name, String filters, boolean smoke, Picture picture, Map<String, Object> result)
            throws Exception {
        double rate = smoke ? 200 : 500;
        int before = smoke ? 2 : 15;
        int dead = smoke ? 2 : 20;
        int after = smoke ? 2 : 20;
        try (Fleet fleet = new Fleet()) {
            fleet.server("demo", WORKERS);
            Relay relay = fleet.relay("demo");
            fleet.gateway(filters);
            try (OpenLoop load = new OpenLoop(fleet.port(), "demo__work", WORK)) {
                load.run(rate, before, new Progress(name + ", warm-up", before, picture));
                Tally then = load.run(rate, before, new Progress(name + ", before", before, picture));
                double goodput = then.good / (double) before;
                relay.decide(moment -> moment == Moment.CONNECTED ? Fate.PASS : Fate.AT_ONCE);
                long attempts = relay.calls();
                Attempts dying = new Attempts(new Progress(name + ", dead", dead, picture), relay, name, picture);
                Tally during = load.run(rate, dead, dying);
                attempts = relay.calls() - attempts;
                relay.decide(moment -> Fate.PASS);
                Recovery recovery = new Recovery(goodput, new Progress(name + ", back", after, picture));
                load.run(rate, after, recovery);
                Tally at = load.run(rate, before, new Progress(name + ", afterwards", before, picture));
                result.put("callsDuringOutage" + suffix, during.offered);
                result.put("attemptsDuringOutage" + suffix, attempts);
                result.put("attemptsRatio" + suffix, attempts / (double) during.offered);
                result.put("refusedDuringOutage" + suffix, during.refused.getTotalCount());
                result.put("failedDuringOutage" + suffix, during.failed);
                result.put("goodputBefore" + suffix, goodput);
                result.put("goodputAfter" + suffix, at.good / (double) before);
                result.put("recoverySeconds" + suffix, recovery.seconds());
            }
        }
    }
}
