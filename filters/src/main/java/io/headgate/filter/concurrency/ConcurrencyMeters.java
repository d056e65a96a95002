package io.headgate.filter.concurrency;

import io.headgate.filter.LiveGauges;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleSupplier;

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

    private final LiveGauges gauges;
    private final Tags tags;
    private final List<LiveGauges.Shown> shown = new ArrayList<>();
    private final Map<Refused, Counter> refused = new EnumMap<>(Refused.class);

    ConcurrencyMeters(MeterRegistry registry, LiveGauges gauges, String upstream, String costClass) {
        this.gauges = gauges;
        tags = Tags.of("upstream", upstream, "class", costClass);
        for (Refused each : Refused.values()) {
            refused.put(
                    each,
                    registry.counter(
                            "headgate.concurrency.refused",
                            tags.and("reason", each.name().toLowerCase(Locale.ROOT))));
        }
    }

    /** Shows a limiter until it is {@linkplain #hide hidden}. */
    void show(Limiter limiter) {
        gauge("headgate.concurrency.limit", () -> limiter.limit().value());
        gauge("headgate.concurrency.permits", limiter::permits);
        gauge("headgate.concurrency.inflight", limiter::inFlight);
        gauge("headgate.concurrency.queue", limiter::waiting);
        gauge("headgate.concurrency.gradient", () -> limiter.limit().gradient());
    }

    void hide() {
        shown.forEach(LiveGauges.Shown::close);
    }

    void count(Refused reason) {
        Objects.requireNonNull(refused.get(reason)).increment();
    }

    long refused() {
        return (long) refused.values().stream().mapToDouble(Counter::count).sum();
    }

    private void gauge(String name, DoubleSupplier value) {
        shown.add(gauges.show(name, tags, value));
    }
}
