package io.headgate.filter.timeout;

import io.headgate.filter.Refusal;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import reactor.core.scheduler.Scheduler;

/** How long some calls may take, and what is said when they took longer. */
final class Limits {
    private static final String METER = "headgate.timeouts";
    private static final RawJson DELIVERY_UNKNOWN = RawJson.of("{\"delivery\":\"unknown\"}");

    final long idleNanos;
    final long capNanos;
    final Scheduler timer;
    final Refusal idleRefusal;
    final Refusal capRefusal;
    private final Counter idleTimeouts;
    private final Counter capTimeouts;

    Limits(TimeoutConfig config, Scheduler timer, MeterRegistry meters) {
        this.timer = timer;
        idleNanos = config.idle().toNanos();
        capNanos = config.cap().toNanos();
        idleTimeouts = meters.counter(METER, "kind", "idle");
        capTimeouts = meters.counter(METER, "kind", "cap");
        idleRefusal = refusal("the upstream said nothing for ", config.idle());
        capRefusal = refusal("the upstream was not done after ", config.cap());
    }

    void count(Refusal given) {
        if (given == idleRefusal) {
            idleTimeouts.increment();
        } else if (given == capRefusal) {
            capTimeouts.increment();
        }
    }

    private static Refusal refusal(String text, Duration duration) {
        return new Refusal(
                Refusal.Reason.UPSTREAM_TIMEOUT, text + TimeoutConfig.text(duration), null, DELIVERY_UNKNOWN);
    }
}
