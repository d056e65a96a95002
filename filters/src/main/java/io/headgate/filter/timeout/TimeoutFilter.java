package io.headgate.filter.timeout;

import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Ends a call whose upstream says nothing for too long, or that takes too long in all.
 *
 * <p>Every message that comes back starts the wait anew, and a question stops both clocks until it is answered, because a
 * person may be thinking, and whoever asks the person has a clock for that. What was sent may have been done, so the refusal says that nobody knows.
 * Subscriptions are silent by nature and are never ended.
 */
public final class TimeoutFilter implements Filter {
    public static final FilterType<TimeoutConfig> TYPE =
            new FilterType<>("timeout", TimeoutConfig.class, TimeoutFilter::new);

    private static final String METER = "headgate.timeouts";
    private static final RawJson DELIVERY_UNKNOWN = RawJson.of("{\"delivery\":\"unknown\"}");

    final long idleNanos;
    final long capNanos;
    final Scheduler timer;
    final Refusal idleRefusal;
    final Refusal capRefusal;
    private final Counter idleTimeouts;
    private final Counter capTimeouts;

    public TimeoutFilter(TimeoutConfig config, FilterContext context) {
        idleNanos = config.idle().toNanos();
        capNanos = config.cap().toNanos();
        timer = context.timer();
        idleTimeouts = context.meters().counter(METER, "kind", "idle");
        capTimeouts = context.meters().counter(METER, "kind", "cap");
        idleRefusal = refusal("the upstream said nothing for ", config.idle());
        capRefusal = refusal("the upstream was not done after ", config.cap());
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        Flux<JsonRpc> answer = next.handle(exchange);
        boolean waits = exchange.message() instanceof JsonRpc.Request
                && !exchange.method().equals(Methods.LISTEN);
        return waits ? new TimeLimitedAnswer(answer, this) : answer;
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
