package io.headgate.filter.ratelimit;

import io.headgate.filter.FilterContext;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.micrometer.core.instrument.Gauge;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/**
 * The connection to the Redis that gateways share their buckets in.
 *
 * <p>There is a connection that answers in time, or there is none: one that is lost, that fails, or that is late several
 * times in a row is given up with all that waits in it, and another is opened, each time after a longer wait.
 */
final class SharedStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SharedStore.class);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final int LATE_IN_A_ROW = 3;
    private static final int MOST_WAITING = 50_000;
    private static final long FIRST_WAIT_MILLIS = 100;
    private static final long LONGEST_WAIT_MILLIS = 2_000;

    /** A connection that held for so long is no reason to wait longer for the next. */
    private static final long GOOD_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final RateLimitConfig config;
    private final FilterContext context;
    private final Scheduler timer;
    private final long deadlineNanos;
    private final RedisURI uri;
    private final RedisClient client;
    private final AtomicInteger lateInARow = new AtomicInteger();

    /** Null while this gateway is alone. */
    private volatile @Nullable SharedBuckets buckets;

    private @Nullable Disposable waiting;
    private long waitMillis = FIRST_WAIT_MILLIS;
    private long openedAt;
    private boolean isToldAway;
    private boolean isClosed;

    private SharedStore(RateLimitConfig config, FilterContext context, Duration deadline) {
        this.config = config;
        this.context = context;
        this.deadlineNanos = deadline.toNanos();
        timer = context.timer();
        uri = RateLimitConfig.uri(Objects.requireNonNull(config.shared()));
        uri.setTimeout(CONNECT_TIMEOUT);
        client = RedisClient.create(uri);
        client.setOptions(ClientOptions.builder()
                // Given up and opened anew here, so that nothing is sent again that nobody waits for.
                .autoReconnect(false)
                .requestQueueSize(MOST_WAITING)
                .socketOptions(
                        SocketOptions.builder().connectTimeout(CONNECT_TIMEOUT).build())
                .timeoutOptions(TimeoutOptions.enabled(CONNECT_TIMEOUT))
                .build());
        Gauge.builder("headgate.ratelimit.shared.state", this, store -> store.buckets == null ? 0 : 1)
                .register(context.meters());
    }

    /** Begins to connect; whether that succeeds is seen later. */
    static SharedStore open(RateLimitConfig config, FilterContext context, Duration deadline) {
        SharedStore store = new SharedStore(config, context, deadline);
        store.connect();
        return store;
    }

    /** The shared buckets, or null while this gateway has to decide alone. */
    @Nullable
    SharedBuckets buckets() {
        return buckets;
    }

    /** How long a decision may take; then this gateway decides alone. */
    long deadlineNanos() {
        return deadlineNanos;
    }

    String state() {
        return buckets == null ? "away" : "in use";
    }

    /** A decision came in time. */
    void inTime() {
        if (lateInARow.get() != 0) {
            lateInARow.set(0);
        }
    }

    /** A decision came too late, or failed. */
    void late(SharedBuckets from) {
        if (buckets == from && lateInARow.incrementAndGet() >= LATE_IN_A_ROW) {
            lost(from, "it does not answer in time");
        }
    }

    /** Under the lock, so that it is not closed meanwhile. */
    private synchronized void connect() {
        if (isClosed) {
            return;
        }
        client.connectAsync(ByteArrayCodec.INSTANCE, uri).whenComplete((connection, error) -> {
            if (error != null) {
                away("it cannot be reached");
            } else {
                tryOut(connection);
            }
        });
    }

    /** A connection is of use only if it answers in time. */
    private void tryOut(StatefulRedisConnection<byte[], byte[]> connection) {
        long start = System.nanoTime();
        connection.async().ping().whenComplete((pong, error) -> {
            if (error == null && System.nanoTime() - start <= deadlineNanos) {
                use(connection);
            } else {
                connection.closeAsync();
                away("it does not answer in time");
            }
        });
    }

    private void use(StatefulRedisConnection<byte[], byte[]> connection) {
        SharedBuckets opened = new SharedBuckets(connection, config, context.clock());
        connection.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> ignored) {
                lost(opened, "the connection is lost");
            }
        });
        synchronized (this) {
            if (isClosed) {
                connection.closeAsync();
                return;
            }
            openedAt = System.nanoTime();
            lateInARow.set(0);
            buckets = opened;
            if (isToldAway) {
                isToldAway = false;
                LOG.info("{}: Redis is back, the limits are shared again", context.place());
            }
        }
        if (!connection.isOpen()) {
            lost(opened, "the connection is lost");
        }
    }

    private void lost(SharedBuckets which, String why) {
        synchronized (this) {
            if (buckets != which) {
                return;
            }
            buckets = null;
            if (System.nanoTime() - openedAt > GOOD_NANOS) {
                waitMillis = FIRST_WAIT_MILLIS;
            }
        }
        which.connection().closeAsync();
        away(why);
    }

    private synchronized void away(String why) {
        if (isClosed) {
            return;
        }
        if (!isToldAway) {
            isToldAway = true;
            LOG.warn(
                    "{}: Redis is away ({}), this gateway goes on with 1/{} of the limits",
                    context.place(),
                    why,
                    config.nodes());
        }
        long wait = ThreadLocalRandom.current().nextLong(waitMillis / 2, waitMillis + 1);
        waitMillis = Math.min(2 * waitMillis, LONGEST_WAIT_MILLIS);
        try {
            waiting = timer.schedule(this::connect, wait, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopping) {
            isClosed = true;
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            buckets = null;
            if (waiting != null) {
                waiting.dispose();
            }
        }
        client.shutdown(Duration.ZERO, CONNECT_TIMEOUT);
    }
}
