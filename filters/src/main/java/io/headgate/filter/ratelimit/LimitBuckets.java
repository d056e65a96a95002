package io.headgate.filter.ratelimit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Refusal;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** One limit at work: its buckets in this gateway, and what it counts. */
final class LimitBuckets {
    /** Shorter than a client can wait; said so that nobody tries again at once. */
    private static final long LEAST_WAIT_MILLIS = 1;

    private final LimitConfig config;
    private final String refusal;
    private final Cache<Object, Bucket> buckets;
    private final Function<Object, Bucket> newBucket;
    private final Counter refused;

    /** The limit of one of so many gateways that do not know of each other. */
    LimitBuckets(LimitConfig config, int keys, int nodes, FilterContext context) {
        this.config = config;
        this.refusal = "too many requests (limit: " + config.name() + ")";
        MeterRegistry meters = context.meters();
        refused = meters.counter("headgate.rate.limited", "limit", config.name());
        Counter evicted = meters.counter("headgate.ratelimit.evictions", "limit", config.name());
        TimeMeter time = new IntervalClock(context.timer());
        Bandwidth share = share(config, nodes);
        newBucket = key ->
                Bucket.builder().addLimit(share).withCustomTimePrecision(time).build();
        buckets = Caffeine.newBuilder()
                .maximumSize(keys)
                .expireAfterAccess(timeToFill(config, nodes))
                .ticker(time::currentTimeNanos)
                // On the thread that adds a key: no other one could keep up with a flood of them.
                .executor(Runnable::run)
                .evictionListener((key, bucket, cause) -> {
                    if (cause == RemovalCause.SIZE) {
                        evicted.increment();
                    }
                })
                .build();
        Gauge.builder("headgate.ratelimit.keys", buckets, Cache::estimatedSize)
                .tag("limit", config.name())
                .register(meters);
    }

    /** What one of the gateways may let pass alone; never less than what the most expensive call takes. */
    private static Bandwidth share(LimitConfig config, int nodes) {
        return Bandwidth.builder()
                .capacity(Math.max(config.highestCost(), (config.burst() + nodes - 1) / nodes))
                .refillGreedy(config.rate().count(), config.rate().period().multipliedBy(nodes))
                .build();
    }

    /** When a bucket that nobody asked for is full again, whatever it was: then it may be forgotten. */
    private static Duration timeToFill(LimitConfig config, int nodes) {
        return config.rate().timeFor(config.burst()).multipliedBy(nodes).plusSeconds(1);
    }

    LimitConfig config() {
        return config;
    }

    Bucket bucket(Object key) {
        Bucket known = buckets.getIfPresent(key);
        return known != null ? known : buckets.get(key, newBucket);
    }

    /** The refusal for who has to wait so long. */
    Refusal refuse(long nanos) {
        refused.increment();
        long millis = Math.max(LEAST_WAIT_MILLIS, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999));
        return new Refusal(Refusal.Reason.RATE_LIMITED, refusal, Duration.ofMillis(millis));
    }

    Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("name", config.name());
        state.put("per", config.per().toString());
        state.put("rate", config.rate().toString());
        state.put("burst", config.burst());
        state.put("keys", buckets.estimatedSize());
        state.put("refused", (long) refused.count());
        return state;
    }
}
