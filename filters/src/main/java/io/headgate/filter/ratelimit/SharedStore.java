package io.headgate.filter.ratelimit;

import io.headgate.filter.FilterContext;
import io.headgate.filter.LiveGauges;
import io.headgate.filter.Secret;
import io.headgate.filter.Succession;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
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
 * The connection to the Redis that gateways share their buckets in; filters that follow one another have one.
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

    private final Succession<Settings> owners;
    private final Scheduler timer;
    private final long deadlineNanos;
    private final RedisURI uri;
    private final RedisClient client;
    private final AtomicInteger lateInARow = new AtomicInteger();

    private final LiveGauges.Shown gauge;

    /** Null while this gateway is alone. */
    private volatile @Nullable StatefulRedisConnection<byte[], byte[]> connection;

    private @Nullable Disposable waiting;
    private long waitMillis = FIRST_WAIT_MILLIS;
    private long openedAt;
    private boolean isToldAway;
    private boolean isClosed;

    /** What one of the filters is told when Redis is away, and where the file says it. */
    record Settings(String place, int nodes) {}

    private SharedStore(Secret shared, Settings settings, FilterContext context, Duration deadline) {
        owners = new Succession<>(settings, changed -> {});
        this.deadlineNanos = deadline.toNanos();
        timer = context.timer();
        uri = RateLimitConfig.uri(shared);
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
        gauge = context.gauges()
                .show("headgate.ratelimit.shared.state", Tags.empty(), () -> connection == null ? 0 : 1);
    }

    /** Begins to connect; whether that succeeds is seen later. */
    static SharedStore open(Secret shared, Settings settings, FilterContext context, Duration deadline) {
        SharedStore store = new SharedStore(shared, settings, context, deadline);
        store.connect();
        return store;
    }

    Succession<Settings> owners() {
        return owners;
    }

    /** The way to the shared buckets, or null while this gateway has to decide alone. */
    @Nullable
    StatefulRedisConnection<byte[], byte[]> connection() {
        return connection;
    }

    /** How long a decision may take; then this gateway decides alone. */
    long deadlineNanos() {
        return deadlineNanos;
    }

    String state() {
        return connection == null ? "away" : "in use";
    }

    /** A decision came in time. */
    void inTime() {
        if (lateInARow.get() != 0) {
            lateInARow.set(0);
        }
    }

    /** A decision came too late, or failed. */
    void late(SharedBuckets from) {
        if (connection == from.connection() && lateInARow.incrementAndGet() >= LATE_IN_A_ROW) {
            lost(from.connection(), "it does not answer in time");
        }
    }

    /** Under the lock, so that it is not closed meanwhile. */
    private synchronized void connect() {
        if (isClosed) {
            return;
        }
        client.connectAsync(ByteArrayCodec.INSTANCE, uri).whenComplete((opened, error) -> {
            if (error != null) {
                away("it cannot be reached");
            } else {
                tryOut(opened);
            }
        });
    }

    /** A connection is of use only if it answers in time. */
    private void tryOut(StatefulRedisConnection<byte[], byte[]> opened) {
        long start = System.nanoTime();
        opened.async().ping().whenComplete((pong, error) -> {
            if (error == null && System.nanoTime() - start <= deadlineNanos) {
                use(opened);
            } else {
                opened.closeAsync();
                away("it does not answer in time");
            }
        });
    }

    private void use(StatefulRedisConnection<byte[], byte[]> opened) {
        opened.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> ignored) {
                lost(opened, "the connection is lost");
            }
        });
        synchronized (this) {
            if (isClosed) {
                opened.closeAsync();
                return;
            }
            openedAt = System.nanoTime();
            lateInARow.set(0);
            connection = opened;
            if (isToldAway) {
                isToldAway = false;
                LOG.info(
                        "{}: Redis is back, the limits are shared again",
                        owners.config().place());
            }
        }
        if (!opened.isOpen()) {
            lost(opened, "the connection is lost");
        }
    }

    private void lost(StatefulRedisConnection<byte[], byte[]> which, String why) {
        synchronized (this) {
            if (connection != which) {
                return;
            }
            connection = null;
            if (System.nanoTime() - openedAt > GOOD_NANOS) {
                waitMillis = FIRST_WAIT_MILLIS;
            }
        }
        which.closeAsync();
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
                    owners.config().place(),
                    why,
                    owners.config().nodes());
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
            connection = null;
            if (waiting != null) {
                waiting.dispose();
            }
        }
        gauge.close();
        client.shutdown(Duration.ZERO, CONNECT_TIMEOUT);
    }
}
