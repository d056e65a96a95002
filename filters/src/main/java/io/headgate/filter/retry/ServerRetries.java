package io.headgate.filter.retry;

import io.headgate.filter.PerServer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import reactor.core.scheduler.Scheduler;

/** What is known of one server: its budget, how long its calls take, and what was sent to it again. */
final class ServerRetries implements PerServer.Knowledge<RetryConfig.Budget> {
    private static final String ATTEMPTS = "headgate.retry.attempts";
    private static final String REFUSED = "headgate.retry.refused";

    final String name;
    private final Scheduler timer;
    final RetryBudget budget;
    final Latencies latencies = new Latencies();
    final Counter retries;
    final Counter hedges;
    final Counter overBudget;
    final Counter tooLate;

    ServerRetries(String name, RetryConfig.Budget budget, Scheduler timer, MeterRegistry meters) {
        this.name = name;
        this.timer = timer;
        this.budget = new RetryBudget(budget, now());
        this.retries = meters.counter(ATTEMPTS, "upstream", name, "kind", "retry");
        this.hedges = meters.counter(ATTEMPTS, "upstream", name, "kind", "hedge");
        this.overBudget = meters.counter(REFUSED, "upstream", name, "reason", "budget");
        this.tooLate = meters.counter(REFUSED, "upstream", name, "reason", "deadline");
    }

    private long now() {
        return timer.now(TimeUnit.NANOSECONDS);
    }

    @Override
    public void follow(RetryConfig.Budget config) {
        budget.follow(config, now());
    }

    /** Its counters are the gateway's, and stay. */
    @Override
    public void close() {}

    Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("budget", budget.left(now()));
        state.put("retries", (long) retries.count());
        state.put("hedges", (long) hedges.count());
        state.put("overBudget", (long) overBudget.count());
        state.put("tooLate", (long) tooLate.count());
        return state;
    }
}
