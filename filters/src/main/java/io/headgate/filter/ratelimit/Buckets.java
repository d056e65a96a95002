package io.headgate.filter.ratelimit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.TokensInheritanceStrategy;
import io.github.bucket4j.local.LocalBucket;
import io.headgate.filter.FilterContext;
import io.headgate.filter.LiveGauges;
import io.headgate.filter.Succession;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import reactor.core.scheduler.Schedulers;

/**
 * The buckets of one limit in this gateway: one for each key, and the same ones for all filters that follow one another.
 *
 * <p>When the numbers of the limit change, no bucket is filled: each keeps its level in proportion, from the moment when it is
 * asked for next, or when its turn comes. All have their turn soon, because until then a bucket fills at its old rate.
 */
final class Buckets {
    private final Cache<Object, LocalBucket> byKey;
    private final TimeMeter time;
    private final LiveGauges.Shown gauge;
    private final Succession<Numbers> owners;
    private volatile Numbers present;

    /**
     * How much a bucket holds, and how many there are.
     *
     * @param bandwidth the only one of the configuration; a bucket that has another one is not adjusted yet
     * @param timeToFill when one that nobody asked for is full again, whatever it was: then it may be forgotten
     */
    record Numbers(Bandwidth bandwidth, BucketConfiguration configuration, int keys, Duration timeToFill) {
        static Numbers of(Bandwidth bandwidth, int keys, Duration timeToFill) {
            return new Numbers(
                    bandwidth, BucketConfiguration.builder().addLimit(bandwidth).build(), keys, timeToFill);
        }
    }

    Buckets(String limit, Numbers numbers, FilterContext context) {
        present = numbers;
        owners = new Succession<>(numbers, this::follow);
        time = new IntervalClock(context.timer());
        Counter evicted = context.meters().counter("headgate.ratelimit.evictions", "limit", limit);
        byKey = Caffeine.newBuilder()
                .maximumSize(numbers.keys())
                .expireAfterAccess(numbers.timeToFill())
                .ticker(time::currentTimeNanos)
                // On the thread that adds a key: no other one could keep up with a flood of them.
                .executor(Runnable::run)
                .evictionListener((key, bucket, cause) -> {
                    if (cause == RemovalCause.SIZE) {
                        evicted.increment();
                    }
                })
                .build();
        gauge = context.gauges().show("headgate.ratelimit.keys", Tags.of("limit", limit), byKey::estimatedSize);
    }

    Succession<Numbers> owners() {
        return owners;
    }

    Bucket bucket(Object key) {
        LocalBucket known = byKey.getIfPresent(key);
        if (known == null) {
            known = byKey.get(key, this::newBucket);
        }
        adjust(known);
        return known;
    }

    /** Keys that have one now. */
    long size() {
        return byKey.estimatedSize();
    }

    void close() {
        gauge.close();
    }

    private LocalBucket newBucket(Object key) {
        return Bucket.builder()
                .addLimit(present.bandwidth())
                .withCustomTimePrecision(time)
                .build();
    }

    @SuppressWarnings("ReferenceEquality") // Asked for each call; one with the same numbers costs one adjustment.
    private void adjust(LocalBucket bucket) {
        Numbers numbers = present;
        if (bucket.getConfiguration().getBandwidths()[0] != numbers.bandwidth()) {
            bucket.replaceConfiguration(numbers.configuration(), TokensInheritanceStrategy.PROPORTIONALLY);
        }
    }

    private void follow(Numbers numbers) {
        present = numbers;
        byKey.policy().expireAfterAccess().ifPresent(policy -> policy.setExpiresAfter(numbers.timeToFill()));
        // A call may have brought this about, and its loop has no time for all of them.
        var unused = Schedulers.boundedElastic().schedule(this::adjustAll);
    }

    private void adjustAll() {
        byKey.asMap().values().forEach(this::adjust);
        byKey.policy().eviction().ifPresent(policy -> policy.setMaximum(present.keys()));
    }
}
