package io.headgate.filter.retry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is known of one server: its budget, how long its calls take, and what was sent to it again. */
final class ServerRetries {
    private static final String ATTEMPTS = "headgate.retry.attempts";
    private static final String REFUSED = "headgate.retry.refused";

    final String name;
    final RetryBudget budget;
    final Latencies latencies = new Latencies();
    final Counter retries;
    final Counter hedges;
    final Counter overBudget;
    final Counter tooLate;

    ServerRetries(String name, RetryConfig.Budget budget, long now, MeterRegistry meters) {
        this.name = name;
        this.budget = new RetryBudget(budget, now);
        this.retries = meters.counter(ATTEMPTS, "upstream", name, "kind", "retry");
        this.hedges = meters.counter(ATTEMPTS, "upstream", name, "kind", "hedge");
        this.overBudget = meters.counter(REFUSED, "upstream", name, "reason", "budget");
        this.tooLate = meters.counter(REFUSED, "upstream", name, "reason", "deadline");
    }

    Map<String, Object> state(long now) {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("budget", budget.left(now));
        state.put("retries", (long) retries.count());
        state.put("hedges", (long) hedges.count());
        state.put("overBudget", (long) overBudget.count());
        state.put("tooLate", (long) tooLate.count());
        return state;
    }
}
