package io.headgate.filter.concurrency;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The limiters of one server, by cost class, and what its tools cost. */
final class ServerLimits {
    /** Tools beyond this many are of the class that the file gives them, or of the unknown. */
    private static final int MOST_TOOLS = 2_000;

    private final CostClasses classes;
    private final BiFunction<Integer, @Nullable Limiter, Limiter> maker;
    private final AtomicReferenceArray<@Nullable Limiter> limiters;
    private final Map<String, Cost> costs = new ConcurrentHashMap<>();

    /** @param maker makes the limiter of a class; it starts where the other one is, if there is one */
    ServerLimits(CostClasses classes, BiFunction<Integer, @Nullable Limiter, Limiter> maker) {
        this.classes = classes;
        this.maker = maker;
        limiters = new AtomicReferenceArray<>(classes.size());
    }

    /** What is known of a tool, or null. */
    @Nullable
    Cost cost(String tool) {
        return costs.get(tool);
    }

    /** Remembers a tool that was called with success, so that it is one. */
    @Nullable
    Cost learn(String tool) {
        Cost known = costs.get(tool);
        if (known != null || costs.size() >= MOST_TOOLS) {
            return known;
        }
        return costs.computeIfAbsent(tool, name -> new Cost(classes, classes.declared(name)));
    }

    int classOf(@Nullable Cost cost, String tool) {
        return cost == null ? classes.declared(tool) : cost.index();
    }

    Limiter limiter(int index) {
        Limiter known = limiters.get(index);
        return known != null ? known : make(index);
    }

    /** The limiter of a class if there is one already. */
    @Nullable
    Limiter known(int index) {
        return limiters.get(index);
    }

    private synchronized Limiter make(int index) {
        Limiter known = limiters.get(index);
        if (known == null) {
            // A tool that turns out to be of this class was of the unknown one; what was learned there holds here.
            known = maker.apply(index, limiters.get(classes.unknown()));
            limiters.set(index, known);
        }
        return known;
    }

    Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        for (int i = 0; i < classes.size(); i++) {
            Limiter limiter = limiters.get(i);
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
                state.put(classes.name(i), one);
            }
        }
        return state;
    }
}
