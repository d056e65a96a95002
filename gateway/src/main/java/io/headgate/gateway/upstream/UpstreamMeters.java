package io.headgate.gateway.upstream;

import io.headgate.filter.LiveGauges;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is counted about one upstream, and whether it is there. */
public final class UpstreamMeters {
    private static final RawJson UNKNOWN_DELIVERY = RawJson.of("{\"delivery\":\"unknown\"}");

    /** What a server loses when it ends, and has again afterwards. */
    public enum Renewed {
        SESSION,
        STREAM,
        SUBSCRIPTION
    }

    private final String upstream;
    private final MeterRegistry meters;
    private final InstantSource clock;
    private final MemoryBudget memory;
    private final Map<UpstreamFault, Counter> faults = new ConcurrentHashMap<>();
    private final LiveGauges live;
    private final List<LiveGauges.Shown> gauges = new ArrayList<>();
    private final Counter calls;
    private final Map<Renewed, Counter> renewed = new EnumMap<>(Renewed.class);

    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger callsInFlight = new AtomicInteger();
    private final AtomicInteger sessions = new AtomicInteger();
    private volatile boolean isThere = true;
    private volatile boolean isListed = true;
    private volatile @Nullable Trouble lastError;
    private volatile @Nullable Trouble pastError;

    public UpstreamMeters(
            String upstream, MeterRegistry meters, LiveGauges live, InstantSource clock, MemoryBudget memory) {
        this.live = live;
        this.upstream = upstream;
        this.memory = memory;
        this.meters = meters;
        this.clock = clock;
        this.calls = meters.counter(MeterNames.UPSTREAM_CALLS, "upstream", upstream);
        for (Renewed what : Renewed.values()) {
            renewed.put(
                    what,
                    meters.counter(
                            MeterNames.UPSTREAM_RENEWED,
                            "upstream",
                            upstream,
                            "what",
                            what.name().toLowerCase(Locale.ROOT)));
        }
        Tags tags = Tags.of("upstream", upstream);
        gauges.add(live.show(MeterNames.UPSTREAM_CONNECTIONS, tags, connections::get));
        gauges.add(live.show(MeterNames.UPSTREAM_SESSIONS, tags, sessions::get));
        gauges.add(live.show(MeterNames.UPSTREAM_HEALTHY, tags, () -> isHealthy() ? 1 : 0));
    }

    /** Shows which eras are spoken. */
    public void eras(Predicate<Era> isSpoken) {
        for (Era era : List.of(Era.MODERN, Era.LEGACY)) {
            gauges.add(live.show(
                    MeterNames.UPSTREAM_ERA,
                    Tags.of("upstream", upstream, "era", era.name().toLowerCase(Locale.ROOT)),
                    () -> isSpoken.test(era) ? 1 : 0));
        }
    }

    /** Shows how many wait for the upstream to be back. */
    public void countWaiting(Supplier<Number> waiting) {
        gauges.add(live.show(
                MeterNames.UPSTREAM_WAITING,
                Tags.of("upstream", upstream),
                () -> waiting.get().doubleValue()));
    }

    /** A session, a stream or a subscription that was lost is there again. */
    public void renewed(Renewed what) {
        Counter counter = renewed.get(what);
        if (counter != null) {
            counter.increment();
        }
    }

    /** Something that this server said begins to be held, on its account and that of a caller if there is one. */
    public Hold hold(Held kind, @Nullable String caller, @Nullable Runnable end) {
        return memory.hold(kind, caller, upstream, end);
    }

    /** True if so much can be put together. */
    public boolean hasRoom(long bytes) {
        return memory.hasRoom(bytes);
    }

    /** True if memory is short and much of it is this server's. */
    public boolean isBeyondShare() {
        return memory.isServerBeyondShare(upstream);
    }

    public void connectionOpens() {
        connections.incrementAndGet();
    }

    public void connectionCloses() {
        connections.decrementAndGet();
    }

    public int connections() {
        return connections.get();
    }

    public void callBegins() {
        callsInFlight.incrementAndGet();
    }

    public void callEnds() {
        callsInFlight.decrementAndGet();
    }

    public int callsInFlight() {
        return callsInFlight.get();
    }

    public void sessionBegins() {
        sessions.incrementAndGet();
    }

    public void sessionEnds() {
        sessions.decrementAndGet();
    }

    public int sessions() {
        return sessions.get();
    }

    public void called() {
        calls.increment();
    }

    public void count(UpstreamFault fault) {
        Counter counter = faults.computeIfAbsent(
                fault, key -> meters.counter(MeterNames.UPSTREAM_FAULTS, "upstream", upstream, "reason", key.label()));
        counter.increment();
    }

    /** Counts a fault that ends a call, and says what the client is told. */
    public Refusal refuse(UpstreamFault fault, @Nullable Duration retryAfter) {
        return refuse(fault, fault.text(), retryAfter);
    }

    /** The same in words that say more than those of the fault. */
    public Refusal refuse(UpstreamFault fault, String text, @Nullable Duration retryAfter) {
        // What the gateway lacks is no fault of the server's.
        if (fault != UpstreamFault.MEMORY) {
            count(fault);
            lastError = new Trouble(fault.label() + ": " + text, clock.instant());
        }
        if (fault.isOutage()) {
            isThere = false;
        }
        return refusal(fault, text, retryAfter);
    }

    /** What a caller is told of a fault, without counting it: it was expected, and says nothing of the server's health. */
    public static Refusal refusal(UpstreamFault fault, String text, @Nullable Duration retryAfter) {
        Refusal refusal = new Refusal(
                fault.reason(),
                text,
                retryAfter,
                fault.reason() == Reason.UPSTREAM_AMBIGUOUS || fault == UpstreamFault.MEMORY ? UNKNOWN_DELIVERY : null);
        return fault.isUnsent() ? refusal.unsent() : refusal;
    }

    /** Something came back. */
    public void answered() {
        if (!isThere) {
            isThere = true;
        }
    }

    /** A call was answered as it should be: what went wrong before is past. */
    public void succeeded() {
        Trouble last = lastError;
        if (last != null) {
            pastError = last;
            lastError = null;
        }
    }

    /** Its lists were read, or could not be: then it answers and is of no use all the same. */
    public void listed(boolean well) {
        isListed = well;
    }

    public boolean isHealthy() {
        return isThere && isListed;
    }

    /** What went wrong since a call was last answered as it should be; null if nothing did. */
    @Nullable
    public Trouble lastError() {
        return lastError;
    }

    /** What went wrong last and is over. */
    @Nullable
    public Trouble pastError() {
        return pastError;
    }

    /** Takes the gauges away, so that a server that comes back under the same name gets its own. */
    public void close() {
        gauges.forEach(LiveGauges.Shown::close);
    }
}
