package io.headgate.filter.ratelimit;

import io.headgate.filter.FilterContext;
import io.headgate.filter.Secret;
import io.headgate.filter.Succession;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** The limits of one filter as gateways share them: its own numbers, in a store that it may have from the filter before it. */
final class SharedLimits {
    private final RateLimitConfig config;
    private final InstantSource clock;
    private final SharedStore store;
    private final Succession<SharedStore.Settings>.Turn turn;
    private final long version;
    private volatile @Nullable SharedBuckets buckets;

    /** @param former those that these are to replace, or null */
    SharedLimits(
            RateLimitConfig config,
            Secret shared,
            @Nullable SharedLimits former,
            FilterContext context,
            Duration deadline) {
        this.config = config;
        clock = context.clock();
        SharedStore.Settings settings = new SharedStore.Settings(context.place(), config.nodes());
        if (former != null && shared.equals(former.config.shared())) {
            store = former.store;
            turn = store.owners().next(settings);
        } else {
            store = SharedStore.open(shared, settings, context, deadline);
            turn = store.owners().first();
        }
        version = former == null ? clock.millis() : Math.max(clock.millis(), former.version + 1);
    }

    SharedStore store() {
        return store;
    }

    /** The shared buckets, or null while this gateway has to decide alone. */
    @Nullable
    SharedBuckets buckets() {
        turn.use();
        StatefulRedisConnection<byte[], byte[]> connection = store.connection();
        if (connection == null) {
            return null;
        }
        SharedBuckets known = buckets;
        return known != null && known.connection() == connection ? known : open(connection);
    }

    private synchronized SharedBuckets open(StatefulRedisConnection<byte[], byte[]> connection) {
        SharedBuckets known = buckets;
        if (known == null || known.connection() != connection) {
            known = new SharedBuckets(connection, config, clock, version);
            buckets = known;
        }
        return known;
    }

    void close() {
        if (turn.end()) {
            store.close();
        }
    }
}
