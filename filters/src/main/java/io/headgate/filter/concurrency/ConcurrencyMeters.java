package io.headgate.filter.concurrency;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/** What one limiter counts; its names come from the file and from code. */
final class ConcurrencyMeters {
    /** Why a call was refused. */
    enum Refused {
        /** The line is full. */
        FULL,
        /** It could not have begun in time. */
        LATE,
        /** It waited, and its time was over. */
        WAITED
    }

    private final MeterRegistry registry;
    private final Tags tags;
    private final Map<Refused, Counter> refused = new EnumMap<>(Refused.class);

    ConcurrencyMeters(MeterRegistry registry, String upstream, String costClass) {
        this.registry = registry;
        tags = Tags.of("upstream", upstream, "class", costClass);
        for (Refused each : Refused.values()) {
            refused.put(
                    each,
                    registry.counter(
                            "headgate.concurrency.refused",
                            tags.and("reason", each.name().toLowerCase(Locale.ROOT))));
        }
    }

    void show(Limiter limiter) {
        gauge("headgate.concurrency.limit", limiter, each -> each.limit().value());
        gauge("headgate.concurrency.permits", limiter, Limiter::permits);
        gauge("headgate.concurrency.inflight", limiter, Limiter::inFlight);
        gauge("headgate.concurrency.queue", limiter, Limiter::waiting);
        gauge("headgate.concurrency.gradient", limiter, each -> each.limit().gradient());
    }

    void count(Refused reason) {
        Objects.requireNonNull(refused.get(reason)).increment();
    }

    long refused() {
        return (long) refused.values().stream().mapToDouble(Counter::count).sum();
    }

    private void gauge(String name, Limiter limiter, ToDoubleFunction<Limiter> value) {
        Gauge.builder(name, limiter, value).tags(tags).strongReference(true).register(registry);
    }
}
