package io.headgate.filter.breaker;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Refusal;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * The breaker of one server.
 *
 * <p>The library's events are not listened to, because one is made for each call as soon as somebody listens. Whoever
 * enters or leaves looks at the state instead, and the first who sees another one tells. The changes are counted: what
 * began before the last one says nothing of the time after it.
 *
 * <p>The library learns of a call when it ends. That a server became slow is seen sooner, by the calls that are still in
 * flight: one clock for the server turns to the next slot of {@link SlowCalls} as long as calls began lately.
 */
final class ServerBreaker {
    private static final Logger LOG = LoggerFactory.getLogger(ServerBreaker.class);
    private static final int REFUSED = -1;
    private static final Duration NEVER_SLOW = Duration.ofDays(365);
    private static final Duration WHILE_PROBING = Duration.ofSeconds(1);

    private final String server;
    private final BreakerConfig config;
    private final CircuitBreaker breaker;
    private final Set<FailureKind> failures;
    private final Scheduler timer;
    private final MeterRegistry meters;
    private final Counter refused;
    private final Gauge gauge;
    private final Refusal probing;
    /** The library wants an exception for each failure, and does nothing with it. */
    private final Refusal failed = new Refusal(Refusal.Reason.UPSTREAM_ERROR, "failed");

    private final long openNanos;
    private final long slowNanos;
    private final Disposable.Swap clock = Disposables.swap();
    private final AtomicBoolean isTurning = new AtomicBoolean();
    /** Of the time since the breaker was last closed or half open; null if no call is slow. */
    private volatile @Nullable SlowCalls slowCalls;

    private volatile State seen = State.CLOSED;
    private volatile int changes;
    private volatile long openedAt;

    ServerBreaker(String server, BreakerConfig config, FilterContext context) {
        this.server = server;
        this.config = config;
        this.failures = config.failures();
        this.timer = context.timer();
        this.meters = context.meters();
        this.openNanos = config.open().toNanos();
        Duration slow = config.slow();
        this.slowNanos = slow == null ? Long.MAX_VALUE : slow.toNanos();
        this.breaker = CircuitBreaker.of(
                server,
                CircuitBreakerConfig.custom()
                        .slidingWindow(
                                (int) config.window().toSeconds(),
                                config.minimumCalls(),
                                SlidingWindowType.TIME_BASED,
                                SlidingWindowSynchronizationStrategy.SYNCHRONIZED)
                        .failureRateThreshold(config.failureRate())
                        .slowCallDurationThreshold(slow == null ? NEVER_SLOW : slow)
                        .slowCallRateThreshold(config.slowRate())
                        .waitDurationInOpenState(config.open())
                        .permittedNumberOfCallsInHalfOpenState(config.probes())
                        .clock(new TimerClock(timer))
                        .build());
        this.refused = meters.counter("headgate.breaker.refused", "upstream", server);
        this.gauge = Gauge.builder("headgate.breaker.state", this, ServerBreaker::level)
                .tag("upstream", server)
                .register(meters);
        this.probing = refusal(WHILE_PROBING);
        this.slowCalls = slowCalls(config.minimumCalls());
    }

    /** Lets a call through, or not: then {@link #isRefused} of what it returns. */
    int enter() {
        boolean passes = breaker.tryAcquirePermission();
        look();
        if (passes) {
            return changes;
        }
        refused.increment();
        return REFUSED;
    }

    static boolean isRefused(int entry) {
        return entry == REFUSED;
    }

    /** What is said to a call that was not let through. */
    Refusal refusal() {
        if (seen != State.OPEN) {
            return probing;
        }
        return refusal(Duration.ofMillis(Math.max(1, TimeUnit.NANOSECONDS.toMillis(untilProbes()))));
    }

    /** What counts how long the calls take that begin now; null if nothing does. */
    @Nullable
    SlowCalls slowCalls() {
        return slowCalls;
    }

    /** Sees to it that slow calls are noticed from now on, whether anybody enters or leaves or not. */
    void keepTurning(SlowCalls calls) {
        if (!isTurning.get() && isTurning.compareAndSet(false, true)) {
            turnSoon(calls);
        }
    }

    /** A call ended in a way that counts: well, or with a failure. */
    void leave(int entry, long nanos, @Nullable FailureKind failure) {
        if (entry != changes) {
            return;
        }
        if (failure == null) {
            breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
        } else if (failures.contains(failure)) {
            breaker.onError(nanos, TimeUnit.NANOSECONDS, failed);
        } else if (failure == FailureKind.TOOL_ERROR) {
            breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
        } else {
            breaker.releasePermission();
        }
        look();
    }

    /** A call ended in a way that says nothing of the server, unless that it is slow. */
    void leaveUnknown(int entry, long nanos) {
        if (entry != changes) {
            return;
        }
        if (nanos > slowNanos) {
            breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
            look();
        } else {
            breaker.releasePermission();
        }
    }

    long now() {
        return timer.now(TimeUnit.NANOSECONDS);
    }

    Map<String, Object> state() {
        CircuitBreaker.Metrics metrics = breaker.getMetrics();
        State state = breaker.getState();
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("state", text(state));
        shown.put("calls", metrics.getNumberOfBufferedCalls());
        shown.put("failed", metrics.getNumberOfFailedCalls());
        SlowCalls calls = slowCalls;
        shown.put("slow", calls == null ? 0 : calls.count(now()));
        shown.put("refused", (long) refused.count());
        shown.put("retryAfterMs", state == State.OPEN ? TimeUnit.NANOSECONDS.toMillis(untilProbes()) : 0L);
        return shown;
    }

    void close() {
        clock.dispose();
        meters.remove(gauge);
    }

    private @Nullable SlowCalls slowCalls(int fewest) {
        Duration slow = config.slow();
        return slow == null ? null : new SlowCalls(config, slow, fewest, now());
    }

    private void turnSoon(SlowCalls calls) {
        try {
            clock.replace(timer.schedule(this::turn, calls.slotNanos(), TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException stopping) {
            // What was not noticed by now makes no difference any more.
            isTurning.set(false);
        }
    }

    private void turn() {
        SlowCalls calls = slowCalls;
        if (calls == null || clock.isDisposed()) {
            return;
        }
        long now = now();
        if (calls.turn(now)) {
            open(calls);
        }
        if (calls.isQuiet(now)) {
            isTurning.set(false);
            // Whoever began since the look before saw somebody turning.
            if (calls.isQuiet(now) || !isTurning.compareAndSet(false, true)) {
                return;
            }
        }
        turnSoon(calls);
    }

    /** Too many of these calls are slow. */
    private synchronized void open(SlowCalls calls) {
        State state = breaker.getState();
        boolean isOfNow = calls == slowCalls && state == seen;
        if (isOfNow && (state == State.CLOSED || state == State.HALF_OPEN)) {
            breaker.transitionToOpenState();
            change();
        }
    }

    private void look() {
        if (breaker.getState() != seen) {
            change();
        }
    }

    private synchronized void change() {
        State now = breaker.getState();
        if (now == seen) {
            return;
        }
        if (now == State.OPEN) {
            openedAt = now();
        }
        seen = now;
        // By this thread only, which holds the lock; Integer.MAX_VALUE changes are some centuries away.
        int next = changes + 1;
        changes = next;
        if (now != State.OPEN) {
            slowCalls = slowCalls(now == State.HALF_OPEN ? config.probes() : config.minimumCalls());
        }
        meters.counter("headgate.breaker.changes", "upstream", server, "to", text(now))
                .increment();
        if (now == State.OPEN) {
            LOG.warn("The breaker of {} is open: too many of its calls failed or were slow", server);
        } else {
            LOG.info("The breaker of {} is {}", server, text(now));
        }
    }

    private long untilProbes() {
        return Math.max(0, openedAt + openNanos - now());
    }

    private Refusal refusal(Duration retryAfter) {
        return new Refusal(
                Refusal.Reason.OVERLOADED,
                "The server " + server + " is not called at the moment, because it failed too often",
                retryAfter);
    }

    private int level() {
        return switch (breaker.getState()) {
            case CLOSED, DISABLED, METRICS_ONLY -> 0;
            case HALF_OPEN -> 1;
            case OPEN, FORCED_OPEN -> 2;
        };
    }

    private static String text(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
