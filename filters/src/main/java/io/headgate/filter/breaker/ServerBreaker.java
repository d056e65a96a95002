package io.headgate.filter.breaker;

import io.headgate.filter.FilterContext;
import io.headgate.filter.Refusal;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * The breaker of one server.
 *
 * <p>A call is let through by the {@link Phase} that the breaker is in, and its end is told to the same one, if it is still
 * the present one: what began before the last change says nothing of the time after it.
 *
 * <p>That a server became slow is seen before its calls end: one clock for the server turns to the next slot of
 * {@link SlowCalls} as long as calls began lately.
 */
final class ServerBreaker {
    private static final Logger LOG = LoggerFactory.getLogger(ServerBreaker.class);
    private static final AtomicReferenceFieldUpdater<ServerBreaker, Phase> PHASE =
            AtomicReferenceFieldUpdater.newUpdater(ServerBreaker.class, Phase.class, "phase");
    private static final Duration WHILE_PROBING = Duration.ofSeconds(1);

    /** A failure that comes sooner costs its client little. */
    private static final long WAITED_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String server;
    private final BreakerConfig config;
    private final Set<FailureKind> failures;
    private final Scheduler timer;
    private final MeterRegistry meters;
    private final Counter refused;
    private final Gauge gauge;
    private final Refusal probing;

    private final long openNanos;
    private final long slowNanos;
    private final Disposable.Swap clock = Disposables.swap();
    private final AtomicBoolean isTurning = new AtomicBoolean();
    private volatile Phase phase;

    ServerBreaker(String server, BreakerConfig config, FilterContext context) {
        this.server = server;
        this.config = config;
        this.failures = config.failures();
        this.timer = context.timer();
        this.meters = context.meters();
        this.openNanos = config.open().toNanos();
        Duration slow = config.slow();
        this.slowNanos = slow == null ? Long.MAX_VALUE : slow.toNanos();
        this.phase = closed(now());
        this.refused = meters.counter("headgate.breaker.refused", "upstream", server);
        this.gauge = Gauge.builder("headgate.breaker.state", this, breaker -> breaker.phase.level())
                .tag("upstream", server)
                .register(meters);
        this.probing = refusal(WHILE_PROBING);
    }

    /** Lets a call through that begins now, in the phase that it returns; null if it is refused. */
    @Nullable
    Phase enter(long now) {
        Phase present = phase;
        while (present instanceof OpenPhase open && open.remaining(now) == 0) {
            become(open, new HalfOpenPhase(config, slowCalls(config.probes(), now), now));
            present = phase;
        }
        if (present.admits(now)) {
            return present;
        }
        refused.increment();
        return null;
    }

    /** What is said to a call that was not let through. */
    Refusal refusal() {
        if (!(phase instanceof OpenPhase open)) {
            return probing;
        }
        return refusal(Duration.ofMillis(Math.max(1, TimeUnit.NANOSECONDS.toMillis(open.remaining(now())))));
    }

    /** Sees to it that slow calls are noticed from now on, whether anybody enters or leaves or not. */
    void keepTurning(SlowCalls calls) {
        if (!isTurning.get() && isTurning.compareAndSet(false, true)) {
            turnSoon(calls);
        }
    }

    /**
     * A call ended in a way that says something of the server: well, or with a failure.
     *
     * <p>Every failure passes here before it counts; one that is not the server's own must not get any further.
     *
     * @param asked whether a person was asked in between, so that the time says nothing
     */
    void leave(Phase entered, long start, boolean asked, @Nullable FailureKind failure) {
        if (entered != phase) {
            return;
        }
        long now = now();
        long lasted = asked ? 0 : now - start;
        if (failure != null && failures.contains(failure)) {
            boolean waited = failure == FailureKind.TIMEOUT || lasted >= WAITED_NANOS;
            follow(entered, entered.failed(start, now, waited), now);
        } else if (failure == null || failure == FailureKind.TOOL_ERROR) {
            follow(entered, entered.answered(start, now, lasted > slowNanos), now);
        } else {
            follow(entered, entered.endedOtherwise(/* slow= */ false), now);
        }
    }

    /** A call ended in a way that says nothing of the server, unless that it is slow. */
    void leaveUnknown(Phase entered, long start, boolean asked) {
        if (entered == phase) {
            long now = now();
            follow(entered, entered.endedOtherwise(!asked && now - start > slowNanos), now);
        }
    }

    long now() {
        return timer.now(TimeUnit.NANOSECONDS);
    }

    Map<String, Object> state() {
        Phase present = phase;
        long now = now();
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("state", present.state());
        shown.put("calls", present.calls(now));
        shown.put("failed", present.failures(now));
        SlowCalls calls = present.slowCalls();
        shown.put("slow", calls == null ? 0 : calls.count(now));
        shown.put("refused", (long) refused.count());
        shown.put(
                "retryAfterMs",
                present instanceof OpenPhase open ? TimeUnit.NANOSECONDS.toMillis(open.remaining(now)) : 0L);
        return shown;
    }

    void close() {
        clock.dispose();
        meters.remove(gauge);
    }

    private Phase closed(long now) {
        return new ClosedPhase(config, slowCalls(config.minimumCalls(), now), now);
    }

    private @Nullable SlowCalls slowCalls(int fewest, long now) {
        Duration slow = config.slow();
        return slow == null ? null : new SlowCalls(config, slow, fewest, now);
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
        Phase present = phase;
        SlowCalls calls = present.slowCalls();
        if (calls == null || clock.isDisposed()) {
            return;
        }
        long now = now();
        if (calls.turn(now) && !(present instanceof OpenPhase)) {
            become(present, new OpenPhase(present, openNanos, now));
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

    private void follow(Phase from, Phase.Verdict verdict, long now) {
        switch (verdict) {
            case STAY -> {}
            case OPEN -> become(from, new OpenPhase(from, openNanos, now));
            case CLOSE -> become(from, closed(now));
        }
    }

    /** Once for each phase: of two that end it at a time, the first one decides what follows. */
    private void become(Phase from, Phase to) {
        if (!PHASE.compareAndSet(this, from, to)) {
            return;
        }
        meters.counter("headgate.breaker.changes", "upstream", server, "to", to.state())
                .increment();
        if (from instanceof ClosedPhase) {
            LOG.warn("The breaker of {} is open: too many of its calls failed or were slow", server);
        } else if (to instanceof ClosedPhase) {
            LOG.info("The breaker of {} is closed", server);
        } else {
            LOG.debug("The breaker of {} is {}", server, to.state());
        }
    }

    private Refusal refusal(Duration retryAfter) {
        return new Refusal(
                Refusal.Reason.OVERLOADED,
                "The server " + server + " is not called at the moment, because it failed too often",
                retryAfter);
    }
}
