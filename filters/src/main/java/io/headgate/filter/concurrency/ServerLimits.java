package io.headgate.filter.concurrency;

import io.headgate.filter.LiveGauges;
import io.headgate.filter.PerServer;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/** The limiters of one server, by cost class, and what its tools cost. */
final class ServerLimits implements PerServer.Knowledge<ConcurrencyConfig> {
    /** Tools beyond this many are of the class that the file gives them, or of the unknown. */
    private static final int MOST_TOOLS = 2_000;

    private final String server;
    private final Scheduler timer;
    private final MeterRegistry meters;
    private final LiveGauges gauges;
    private ConcurrencyConfig config;
    private boolean isClosed;
    private volatile ByClass known;

    /** What belongs to classes; another one takes its place if there are other classes. */
    private record ByClass(
            CostClasses classes, AtomicReferenceArray<@Nullable Limiter> limiters, Map<String, Cost> costs) {
        ByClass(CostClasses classes) {
            this(classes, new AtomicReferenceArray<>(classes.size()), new ConcurrentHashMap<>());
        }
    }

    ServerLimits(String server, ConcurrencyConfig config, Scheduler timer, MeterRegistry meters, LiveGauges gauges) {
        this.server = server;
        this.config = config;
        this.timer = timer;
        this.meters = meters;
        this.gauges = gauges;
        known = new ByClass(new CostClasses(config.classes()));
    }

    /** What is known of a tool, or null. */
    @Nullable
    Cost cost(String tool) {
        return known.costs.get(tool);
    }

    /** Remembers a tool that was called with success, so that it is one. */
    @Nullable
    Cost learn(String tool) {
        ByClass present = known;
        Cost cost = present.costs.get(tool);
        if (cost != null || present.costs.size() >= MOST_TOOLS) {
            return cost;
        }
        return present.costs.computeIfAbsent(tool, name -> new Cost(present.classes, present.classes.declared(name)));
    }

    /** The limiter for the calls of a tool. */
    Limiter limiter(String tool) {
        ByClass present = known;
        int index = classOf(tool, present);
        Limiter limiter = present.limiters.get(index);
        return limiter != null ? limiter : make(tool);
    }

    /** The same if there is one already. */
    @Nullable
    Limiter peek(String tool) {
        ByClass present = known;
        return present.limiters.get(classOf(tool, present));
    }

    private static int classOf(String tool, ByClass present) {
        Cost cost = present.costs.get(tool);
        return cost == null ? present.classes.declared(tool) : cost.index();
    }

    private synchronized Limiter make(String tool) {
        ByClass present = known;
        int index = classOf(tool, present);
        Limiter limiter = present.limiters.get(index);
        if (limiter == null) {
            // A tool that turns out to be of this class was of the unknown one; what was learned there holds here.
            Limiter former = present.limiters.get(present.classes.unknown());
            limiter = new Limiter(
                    config, former, new ConcurrencyMeters(meters, gauges, server, present.classes.name(index)), timer);
            if (isClosed) {
                limiter.meters.hide();
            }
            present.limiters.set(index, limiter);
        }
        return limiter;
    }

    /** Each class that has a name still keeps its limiter, with those in flight and in line. */
    @Override
    public synchronized void follow(ConcurrencyConfig changed) {
        config = changed;
        ByClass before = known;
        ByClass after = before.classes.areOf(changed) ? before : among(new CostClasses(changed.classes()), before);
        for (int i = 0; i < after.classes.size(); i++) {
            Limiter limiter = after.limiters.get(i);
            if (limiter != null) {
                limiter.follow(changed);
            }
        }
        known = after;
    }

    private static ByClass among(CostClasses classes, ByClass before) {
        ByClass after = new ByClass(classes);
        for (int i = 0; i < before.classes.size(); i++) {
            Limiter limiter = before.limiters.get(i);
            int place = classes.index(before.classes.name(i));
            if (limiter != null && place >= 0) {
                after.limiters.set(place, limiter);
            } else if (limiter != null) {
                // Those that it let through, or that wait, have it until they end.
                limiter.meters.hide();
            }
        }
        before.costs.forEach((tool, cost) -> after.costs.put(tool, cost.in(classes, classes.declared(tool))));
        return after;
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        ByClass present = known;
        for (int i = 0; i < present.classes.size(); i++) {
            Limiter limiter = present.limiters.get(i);
            if (limiter != null) {
                limiter.meters.hide();
            }
        }
    }

    Map<String, Object> state() {
        ByClass present = known;
        Map<String, Object> state = new LinkedHashMap<>();
        for (int i = 0; i < present.classes.size(); i++) {
            Limiter limiter = present.limiters.get(i);
            if (limiter != null) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("limit", Math.round(limiter.limit().value() * 100) / 100.0);
                one.put("permits", limiter.permits());
                one.put("inFlight", limiter.inFlight());
                one.put("queue", limiter.waiting());
                one.put("proven", limiter.limit().isProven());
                one.put("gradient", Math.round(limiter.limit().gradient() * 100) / 100.0);
                one.put("saturated", limiter.isSaturated());
                one.put("refused", limiter.meters.refused());
                state.put(present.classes.name(i), one);
            }
        }
        return state;
    }
}
