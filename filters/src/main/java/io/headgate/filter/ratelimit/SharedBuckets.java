package io.headgate.filter.ratelimit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.TokensInheritanceStrategy;
import io.github.bucket4j.distributed.AsyncBucketProxy;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.proxy.AsyncProxyManager;
import io.github.bucket4j.distributed.proxy.optimization.Optimizations;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The buckets that gateways share, through one connection to Redis; gone with it.
 *
 * <p>What Redis holds goes on when the numbers of a limit change: each bucket keeps its level in proportion. The numbers that were
 * given to any of the gateways last count for all of them, so that they may be changed one after another.
 *
 * <p>What waits for one bucket goes to Redis together, because one hot key would otherwise be a queue of round trips.
 */
final class SharedBuckets {
    /** How long Redis keeps a bucket that is full again. */
    private static final Duration KEPT = Duration.ofSeconds(10);

    private static final int HASH_BYTES = 16;

    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final List<PerLimit> limits;

    /** @param version when the numbers were given, in milliseconds: Redis takes no older ones in their place */
    SharedBuckets(
            StatefulRedisConnection<byte[], byte[]> connection,
            RateLimitConfig config,
            InstantSource clock,
            long version) {
        this.connection = connection;
        AsyncProxyManager<byte[]> manager = Bucket4jLettuce.casBasedBuilder(connection)
                .clientClock(new TimeOfDay(clock))
                .expirationAfterWrite(ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(KEPT))
                .build()
                .asAsync();
        limits = config.limits().stream()
                .map(limit -> new PerLimit(limit, config.keys(), version, manager))
                .toList();
    }

    StatefulRedisConnection<byte[], byte[]> connection() {
        return connection;
    }

    /** Takes tokens from the bucket that a limit has for a key; the answer comes on a thread of the connection. */
    CompletableFuture<ConsumptionProbe> take(int limit, Object key, int tokens) {
        return limits.get(limit).bucket(key).tryConsumeAndReturnRemaining(tokens);
    }

    /** Gives tokens back that were taken in vain; nobody waits for it. */
    void giveBack(int limit, Object key, int tokens) {
        var unused = limits.get(limit).bucket(key).addTokens(tokens);
    }

    /** The buckets of one limit. */
    private static final class PerLimit {
        private final AsyncProxyManager<byte[]> manager;
        private final BucketConfiguration configuration;
        private final long version;
        private final String prefix;
        private final Cache<Object, AsyncBucketProxy> buckets;

        PerLimit(LimitConfig limit, int keys, long version, AsyncProxyManager<byte[]> manager) {
            this.manager = manager;
            this.version = version;
            configuration = BucketConfiguration.builder()
                    .addLimit(Bandwidth.builder()
                            .capacity(limit.burst())
                            .refillGreedy(limit.rate().count(), limit.rate().period())
                            .build())
                    .build();
            // Keys of another kind are others, even if they are written alike.
            prefix = "headgate:ratelimit:" + limit.name() + ':' + limit.per() + ':';
            // Forgetting one loses nothing: its state is in Redis.
            buckets = Caffeine.newBuilder()
                    .maximumSize(keys)
                    .expireAfterAccess(Duration.ofMinutes(1))
                    .executor(Runnable::run)
                    .build();
        }

        AsyncBucketProxy bucket(Object key) {
            AsyncBucketProxy known = buckets.getIfPresent(key);
            return known != null ? known : buckets.get(key, this::newBucket);
        }

        private AsyncBucketProxy newBucket(Object key) {
            return manager.builder()
                    .withOptimization(Optimizations.batching())
                    .withImplicitConfigurationReplacement(version, TokensInheritanceStrategy.PROPORTIONALLY)
                    .build(name(key), () -> CompletableFuture.completedFuture(configuration));
        }

        /** Who calls what is nobody's business who can look into Redis. */
        private byte[] name(Object key) {
            try {
                byte[] hash = MessageDigest.getInstance("SHA-256")
                        .digest(key.toString().getBytes(StandardCharsets.UTF_8));
                String hidden = Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, HASH_BYTES));
                return (prefix + hidden).getBytes(StandardCharsets.UTF_8);
            } catch (NoSuchAlgorithmException impossible) {
                throw new LinkageError("every platform has SHA-256", impossible);
            }
        }
    }

    /** The time of day, which is all the time that gateways have in common. */
    private record TimeOfDay(InstantSource clock) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            return TimeUnit.MILLISECONDS.toNanos(clock.millis());
        }

        @Override
        public boolean isWallClockBased() {
            return true;
        }
    }
}
