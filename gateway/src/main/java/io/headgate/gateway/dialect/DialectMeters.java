package io.headgate.gateway.dialect;

import io.headgate.filter.Events;
import io.headgate.filter.Refusal;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What the dialects count, and tell those who keep records; label values come from closed sets only. */
final class DialectMeters {
    /** How a request ended. */
    enum Outcome {
        OK,
        TOOL_ERROR,
        ERROR,
        REFUSED,
        CANCELLED
    }

    private record PerMethod(Map<Outcome, Counter> outcomes, Timer timer) {}

    private final MeterRegistry meters;
    private final Events events;
    private final Map<String, PerMethod> perMethod = new ConcurrentHashMap<>();
    private final AtomicInteger active = new AtomicInteger();
    private final Counter duplicateIds;
    private final Map<Refusal.Reason, Early> early = new EnumMap<>(Refusal.Reason.class);

    /** What is counted and told of a request that is refused by its head; made once, because there may be very many. */
    private record Early(Counter counter, @Nullable String event) {}

    DialectMeters(MeterRegistry meters, Events events) {
        this.meters = meters;
        this.events = events;
        meters.gauge(MeterNames.REQUESTS_ACTIVE, active);
        for (Refusal.Reason reason : Refusal.Reason.values()) {
            String label = reason.name().toLowerCase(Locale.ROOT);
            String event = event(reason);
            early.put(
                    reason,
                    new Early(
                            meters.counter(MeterNames.EARLY_REFUSALS, "reason", label),
                            event == null ? null : event + ":" + label));
        }
        duplicateIds = Counter.builder(MeterNames.DUPLICATE_IDS).register(meters);
    }

    void begin() {
        active.incrementAndGet();
    }

    void end(String method, Outcome outcome, long startNanos) {
        active.decrementAndGet();
        PerMethod mine = perMethod.get(method);
        if (mine == null) {
            // Only known names become keys, so the map is bounded.
            mine = perMethod.computeIfAbsent(Methods.label(method), this::register);
        }
        Counter counter = mine.outcomes().get(outcome);
        if (counter != null) {
            counter.increment();
        }
        mine.timer().record(System.nanoTime() - startNanos, TimeUnit.NANOSECONDS);
    }

    void badMessage(BadMessage.Reason reason) {
        jsonRpcRejected(reason.name().toLowerCase(Locale.ROOT));
    }

    void jsonRpcRejected(String reason) {
        meters.counter(MeterNames.JSONRPC_REJECTED, "reason", reason).increment();
    }

    void mcpRejected(String reason) {
        meters.counter(MeterNames.MCP_REJECTED, "reason", reason).increment();
    }

    /** Tells whoever keeps records that a client tried what it should not, and with what. */
    void told(String event, String subject, HttpCall call) {
        if (events.areHeard()) {
            events.refused(event + ":" + subject, call.headers().peer());
        }
    }

    /** Counts the refusals that break MCP; others count bad cursors, states and what is too many. */
    void refused(String method, Refusal.Reason reason) {
        if (reason == Refusal.Reason.SESSION_NOT_FOUND) {
            mcpRejected("session_not_owner");
        }
        if (reason == Refusal.Reason.UNKNOWN_NAME) {
            switch (method) {
                case Methods.TOOLS_CALL -> mcpRejected("unknown_tool");
                case Methods.PROMPTS_GET -> mcpRejected("unknown_prompt");
                case Methods.RESOURCES_READ, Methods.RESOURCES_SUBSCRIBE, Methods.RESOURCES_UNSUBSCRIBE ->
                    mcpRejected("unknown_resource");
                default -> {}
            }
        }
    }

    /** Counts a request that is refused by its head, and tells whoever keeps records: no filter sees it. */
    void refusedEarly(Refusal.Reason reason, HttpCall call) {
        Early known = early.get(reason);
        if (known != null) {
            known.counter().increment();
            String event = known.event();
            if (event != null && events.areHeard()) {
                events.refused(event, call.headers().peer());
            }
        }
    }

    /**
     * What an early refusal means, in the words of the OWASP logging vocabulary where it has one; null if the filter
     * that refused has told of it, because it knows better what was wrong.
     */
    private static @Nullable String event(Refusal.Reason reason) {
        return switch (reason) {
            case RATE_LIMITED, OVERLOADED -> "excess_rate_limit_exceeded";
            case DENIED -> "authz_fail";
            case CREDENTIAL_MISSING, CREDENTIAL_INVALID -> null;
            default -> "request_refused";
        };
    }

    void duplicateId() {
        duplicateIds.increment();
    }

    private PerMethod register(String method) {
        Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);
        for (Outcome outcome : Outcome.values()) {
            outcomes.put(
                    outcome,
                    Counter.builder(MeterNames.REQUESTS)
                            .tag("method", method)
                            .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                            .register(meters));
        }
        Timer timer = Timer.builder(MeterNames.REQUEST_SECONDS)
                .tag("method", method)
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(300))
                .register(meters);
        return new PerMethod(outcomes, timer);
    }
}
