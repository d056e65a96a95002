package io.headgate.gateway.upstream;

import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What is counted about one upstream, and whether it is there. */
final class UpstreamMeters {
    private static final RawJson UNKNOWN_DELIVERY = RawJson.of("{\"delivery\":\"unknown\"}");

    /** What a server loses when it ends, and has again afterwards. */
    enum Renewed {
        SESSION,
        STREAM,
        SUBSCRIPTION
    }

    private final String upstream;
    private final MeterRegistry meters;
    private final Map<Fault, Counter> faults = new ConcurrentHashMap<>();
    private final List<Meter> gauges = new ArrayList<>();
    private final Counter calls;
    private final Map<Renewed, Counter> renewed = new EnumMap<>(Renewed.class);

    final AtomicInteger connections = new AtomicInteger();
    final AtomicInteger callsInFlight = new AtomicInteger();
    final AtomicInteger sessions = new AtomicInteger();
    private volatile boolean healthy = true;
    private volatile @Nullable String lastError;

    UpstreamMeters(String upstream, MeterRegistry meters) {
        this.upstream = upstream;
        this.meters = meters;
        this.calls = meters.counter(MeterNames.UPSTREAM_CALLS, "upstream", upstream);
        for (Renewed what : Renewed.values()) {
            renewed.put(
                    what,
                    meters.counter(
                            MeterNames.UPSTREAM_RENEWED,
                            "upstream",
                            upstream,
                            "what",
                            what.name().toLowerCase(Locale.ROOT)));
        }
        gauges.add(gauge(MeterNames.UPSTREAM_CONNECTIONS, connections));
        gauges.add(gauge(MeterNames.UPSTREAM_SESSIONS, sessions));
        gauges.add(Gauge.builder(MeterNames.UPSTREAM_HEALTHY, () -> healthy ? 1 : 0)
                .tag("upstream", upstream)
                .register(meters));
    }

    /** Shows how many wait for the upstream to be back. */
    void countWaiting(ReturnWatch returns) {
        gauges.add(Gauge.builder(MeterNames.UPSTREAM_WAITING, returns, ReturnWatch::waiting)
                .tag("upstream", upstream)
                .register(meters));
    }

    /** A session, a stream or a subscription that was lost is there again. */
    void renewed(Renewed what) {
        Counter counter = renewed.get(what);
        if (counter != null) {
            counter.increment();
        }
    }

    void called() {
        calls.increment();
    }

    void count(Fault fault) {
        Counter counter = faults.computeIfAbsent(
                fault, key -> meters.counter(MeterNames.UPSTREAM_FAULTS, "upstream", upstream, "reason", key.label()));
        counter.increment();
    }

    /** Counts a fault that ends a call, and says what the client is told. */
    Refusal refuse(Fault fault, @Nullable Duration retryAfter) {
        count(fault);
        lastError = fault.label() + ": " + fault.text();
        if (fault.isOutage()) {
            healthy = false;
        }
        Refusal refusal = new Refusal(
                fault.reason(),
                fault.text(),
                retryAfter,
                fault.reason() == Reason.UPSTREAM_AMBIGUOUS ? UNKNOWN_DELIVERY : null);
        return fault.isUnsent() ? refusal.unsent() : refusal;
    }

    void answered() {
        if (!healthy) {
            healthy = true;
        }
    }

    boolean isHealthy() {
        return healthy;
    }

    @Nullable
    String lastError() {
        return lastError;
    }

    /** Takes the gauges away, so that a server that comes back under the same name gets its own. */
    void close() {
        gauges.forEach(meters::remove);
    }

    private Gauge gauge(String name, AtomicInteger value) {
        return Gauge.builder(name, value, AtomicInteger::get)
                .tag("upstream", upstream)
                .register(meters);
    }
}
