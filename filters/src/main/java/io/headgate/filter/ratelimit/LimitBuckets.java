package io.headgate.filter.ratelimit;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Refusal;
import io.headgate.filter.Succession;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One limit at work: its buckets in this gateway, and what it counts. */
final class LimitBuckets {
    /** Shorter than a client can wait; said so that nobody tries again at once. */
    private static final long LEAST_WAIT_MILLIS = 1;

    private final LimitConfig config;
    private final String refusal;
    private final Buckets buckets;
    private final Succession<Buckets.Numbers>.Turn turn;
    private final Counter refused;

    /**
     * The limit of one of so many gateways that do not know of each other.
     *
     * @param former the same limit with other numbers, which this one is to replace, or null
     */
    LimitBuckets(LimitConfig config, int keys, int nodes, @Nullable LimitBuckets former, FilterContext context) {
        this.config = config;
        this.refusal = "too many requests (limit: " + config.name() + ")";
        refused = context.meters().counter("headgate.rate.limited", "limit", config.name());
        Buckets.Numbers numbers = Buckets.Numbers.of(share(config, nodes), keys, timeToFill(config, nodes));
        if (former == null) {
            buckets = new Buckets(config.name(), numbers, context);
            turn = buckets.owners().first();
        } else {
            buckets = former.buckets;
            turn = buckets.owners().next(numbers);
        }
    }

    /** What one of the gateways may let pass alone; never less than what the most expensive call takes. */
    private static Bandwidth share(LimitConfig config, int nodes) {
        return Bandwidth.builder()
                .capacity(Math.max(config.highestCost(), (config.burst() + nodes - 1) / nodes))
                .refillGreedy(config.rate().count(), config.rate().period().multipliedBy(nodes))
                .build();
    }

    private static Duration timeToFill(LimitConfig config, int nodes) {
        return config.rate().timeFor(config.burst()).multipliedBy(nodes).plusSeconds(1);
    }

    LimitConfig config() {
        return config;
    }

    /** True if its buckets are for the same keys, so that they can go on as those of another one. */
    boolean continues(LimitConfig other) {
        return config.name().equals(other.name()) && config.per().equals(other.per());
    }

    Bucket bucket(Object key) {
        turn.use();
        return buckets.bucket(key);
    }

    /** The refusal for who has to wait so long. */
    Refusal refuse(long nanos) {
        refused.increment();
        long millis = Math.max(LEAST_WAIT_MILLIS, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999));
        return new Refusal(Refusal.Reason.RATE_LIMITED, refusal, Duration.ofMillis(millis));
    }

    void close() {
        if (turn.end()) {
            buckets.close();
        }
    }

    Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("name", config.name());
        state.put("per", config.per().toString());
        state.put("rate", config.rate().toString());
        state.put("burst", config.burst());
        state.put("keys", buckets.size());
        state.put("refused", (long) refused.count());
        return state;
    }
}
