package io.headgate.gateway.policy;

import io.headgate.filter.FilterContext;
import io.headgate.filter.Handler;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.List;
import reactor.core.scheduler.Scheduler;

/** Makes the filters of a file, and binds each to what follows it. */
public final class Chain {
    private Chain() {}

    /** The chain as one handler; the filter that is listed first sees an exchange first. */
    public static Handler bind(
            List<ConfiguredFilter<?>> filters,
            Handler terminal,
            MeterRegistry meters,
            InstantSource clock,
            Scheduler timer) {
        Handler bound = terminal;
        for (int i = filters.size() - 1; i >= 0; i--) {
            ConfiguredFilter<?> filter = filters.get(i);
            bound = filter.make(new FilterContext(filter.place(), meters, clock, timer))
                    .before(bound);
        }
        return bound;
    }
}
