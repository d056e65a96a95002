package io.headgate.filter.breaker;

import io.headgate.filter.Exchange;
import io.headgate.filter.LiveGauges;
import io.headgate.filter.PerServer;
import io.headgate.filter.Refusal;
import io.headgate.filter.Sender;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
 * <p>A call is let through by the {@link Phase} that its {@link Circuit} is in, and its end is told to the same one, if it is
 * still the present one: what began before the last change says nothing of the time after it.
 *
 * <p>That a server became slow is seen before its calls end: one clock for the server turns to the next slot of
 * {@link SlowCalls} as long as calls began lately.
 */
final class ServerBreaker implements PerServer.Knowledge<BreakerConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(ServerBreaker.class);
    private static final Duration WHILE_PROBING = Duration.ofSeconds(1);

    private final String server;
    private final Scheduler timer;
    private final MeterRegistry meters;
    private final Counter refused;
    private final LiveGauges.Shown gauge;
    private final Refusal probing;

    private final Disposable.Swap clock = Disposables.swap();
    private final AtomicBoolean isTurning = new AtomicBoolean();
    private volatile BreakerConfig config;
    private final Circuit circuit;

    ServerBreaker(String server, BreakerConfig config, Scheduler timer, MeterRegistry meters, LiveGauges gauges) {
        this.server = server;
        this.timer = timer;
        this.meters = meters;
        this.config = config;
        this.circuit = new Circuit(this, null, now());
        this.refused = meters.counter("headgate.breaker.refused", "upstream", server);
        this.gauge = gauges.show(
                "headgate.breaker.state",
                Tags.of("upstream", server),
                () -> mostly(now()).level());
        this.probing = refusal(WHILE_PROBING, null);
    }

    BreakerConfig config() {
        return config;
    }

    @Override
    public void follow(BreakerConfig changed) {
        config = changed;
        long now = now();
        circuit.phases().forEach(phase -> phase.follow(changed, now));
    }

    /** Lets a call through that begins now, in the phase that it returns; null if it is refused. */
    @Nullable
    Phase enter(Exchange exchange, long now) {
        Phase present = circuit.phaseOf(exchange);
        while (present instanceof OpenPhase open && open.remaining(now) == 0) {
            open.circuit().probe(open, now);
            present = circuit.phaseOf(exchange);
        }
        if (present.admits(exchange, now)) {
            return present;
        }
        refused.increment();
        return null;
    }

    /** What is said to a call that was not let through. */
    Refusal refusal(Exchange exchange) {
        if (!(circuit.phaseOf(exchange) instanceof OpenPhase open)) {
            return probing;
        }
        Duration left = Duration.ofMillis(Math.max(1, TimeUnit.NANOSECONDS.toMillis(open.remaining(now()))));
        return refusal(left, open.alone());
    }

    /** Sees to it that slow calls are noticed from now on, whether anybody enters or leaves or not. */
    void keepTurning(SlowCalls calls) {
        if (!isTurning.get() && isTurning.compareAndSet(false, true)) {
            turnSoon(calls);
        }
    }

    /** A call ended in a way that says something of the server: well, or with a failure; a person may have been asked. */
    void leave(Phase entered, Exchange exchange, long start, boolean asked, @Nullable FailureKind failure) {
        long now = now();
        entered.circuit().ended(entered, exchange, start, now, asked ? 0 : now - start, failure);
    }

    /** A call ended in a way that says nothing of the server, unless that it is slow. */
    void leaveUnknown(Phase entered, Exchange exchange, long start, boolean asked) {
        long now = now();
        entered.circuit().endedUnknown(entered, exchange, now, asked ? 0 : now - start);
    }

    long now() {
        return timer.now(TimeUnit.NANOSECONDS);
    }

    Map<String, Object> state() {
        long now = now();
        Phase present = mostly(now);
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
        shown.put(
                "onlyFor",
                circuit.phases().stream()
                        .map(Phase::alone)
                        .filter(Objects::nonNull)
                        .map(Sender::text)
                        .toList());
        return shown;
    }

    /** What most senders meet: those who are left alone are none of them, unless there are no others. */
    private Phase mostly(long now) {
        List<Phase> phases = circuit.phases();
        Phase last = phases.get(phases.size() - 1);
        return last.calls(now) > 0 ? last : phases.get(0);
    }

    @Override
    public void close() {
        clock.dispose();
        gauge.close();
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
        if (clock.isDisposed()) {
            return;
        }
        long now = now();
        SlowCalls last = null;
        for (Phase present : circuit.phases()) {
            SlowCalls calls = present.slowCalls();
            if (calls != null) {
                last = calls;
                if (calls.turn(now)) {
                    present.circuit().slow(present, calls, now);
                }
            }
        }
        if (last == null) {
            // None counts any more; the next that does will want turns again.
            isTurning.set(false);
            return;
        }
        if (areQuiet(now)) {
            isTurning.set(false);
            // Whoever began since the look before saw somebody turning.
            if (areQuiet(now) || !isTurning.compareAndSet(false, true)) {
                return;
            }
        }
        turnSoon(last);
    }

    private boolean areQuiet(long now) {
        return circuit.phases().stream().map(Phase::slowCalls).allMatch(calls -> calls == null || calls.isQuiet(now));
    }

    /** A circuit of this server has gone from one phase to the next. */
    void changed(Phase from, Phase to) {
        meters.counter("headgate.breaker.changes", "upstream", server, "to", to.state())
                .increment();
        Sender alone = to.alone() == null ? from.alone() : to.alone();
        String whom = alone == null ? "" : ", for the calls of " + alone.text();
        if (from instanceof ClosedPhase) {
            LOG.warn("The breaker of {} is open{}: too many of its calls failed or were slow", server, whom);
        } else if (to instanceof ClosedPhase) {
            LOG.info("The breaker of {} is closed{}", server, whom);
        } else {
            LOG.debug("The breaker of {} is {}{}", server, to.state(), whom);
        }
    }

    private Refusal refusal(Duration retryAfter, @Nullable Sender alone) {
        String calls =
                alone == null ? ", because it failed too often" : " for you, because too many of your calls failed";
        return new Refusal(
                Refusal.Reason.OVERLOADED, "The server " + server + " is not called at the moment" + calls, retryAfter);
    }
}
