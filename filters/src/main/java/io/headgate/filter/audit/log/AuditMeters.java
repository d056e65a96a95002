package io.headgate.filter.audit.log;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** What the log counts; used by the writer, except for refusals. */
final class AuditMeters implements AutoCloseable {
    private static final String PREFIX = "headgate.audit.";
    private static final int MOST_TYPES = 64;

    private final MeterRegistry registry;
    private final List<Meter> gauges = new ArrayList<>();
    private final Map<String, Counter> records = new HashMap<>();
    private final Map<AuditTrouble, Counter> refused = new EnumMap<>(AuditTrouble.class);
    final Counter bytes;
    final Timer fsync;
    final Counter fsyncErrors;
    final Counter checkpoints;

    AuditMeters(MeterRegistry registry, Supplier<Number> queued, Supplier<LogState> state) {
        this.registry = registry;
        bytes = registry.counter(PREFIX + "bytes");
        fsync = registry.timer(PREFIX + "fsync");
        fsyncErrors = registry.counter(PREFIX + "fsync.errors");
        checkpoints = registry.counter(PREFIX + "checkpoints");
        for (AuditTrouble trouble : AuditTrouble.values()) {
            refused.put(trouble, registry.counter(PREFIX + "refused", "reason", label(trouble)));
        }
        gauges.add(Gauge.builder(PREFIX + "queue.depth", queued).register(registry));
        for (LogState each : LogState.values()) {
            gauges.add(Gauge.builder(PREFIX + "state", () -> state.get() == each ? 1 : 0)
                    .tag("state", label(each))
                    .register(registry));
        }
    }

    void written(String type) {
        Counter counter = records.get(type);
        if (counter == null) {
            String tag = records.size() < MOST_TYPES ? type : "other";
            counter = registry.counter(PREFIX + "records", "type", tag);
            records.put(tag, counter);
        }
        counter.increment();
    }

    void refused(AuditTrouble trouble) {
        Counter counter = refused.get(trouble);
        if (counter != null) {
            counter.increment();
        }
    }

    /** A gauge shows the log that registered it first, so the next one must find its place free. */
    @Override
    public void close() {
        gauges.forEach(registry::remove);
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
