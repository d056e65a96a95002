package io.headgate.gateway.session;

import io.headgate.filter.Caller;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** How many things of one kind each caller has. */
final class PerCaller {
    private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
    private volatile @Nullable Integer configured;
    private final int fallback;

    /** The fallback is the limit of identified callers where none is configured; anonymous ones then have none. */
    PerCaller(@Nullable Integer configured, int fallback) {
        this.configured = configured;
        this.fallback = fallback;
    }

    /** Counts one more; false if the caller has as many as it may. */
    boolean admit(Caller caller) {
        int limit = limit(caller);
        boolean[] admitted = new boolean[1];
        counts.compute(caller.key(), (key, count) -> {
            AtomicInteger current = count == null ? new AtomicInteger() : count;
            admitted[0] = current.get() < limit;
            if (admitted[0]) {
                current.incrementAndGet();
            }
            return current;
        });
        return admitted[0];
    }

    void release(Caller caller) {
        counts.computeIfPresent(caller.key(), (key, count) -> count.decrementAndGet() <= 0 ? null : count);
    }

    /** Holds for what is admitted from now on. */
    void limit(@Nullable Integer limit) {
        configured = limit;
    }

    private int limit(Caller caller) {
        Integer limit = configured;
        if (limit != null) {
            return limit;
        }
        return caller.isAnonymous() ? Integer.MAX_VALUE : fallback;
    }
}
