package io.headgate.filter.inflight;

import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import reactor.core.publisher.Flux;

/** Refuses calls while too many others run. */
public final class InFlightFilter implements Filter {
    public static final FilterType<InFlightConfig> TYPE =
            new FilterType<>("inFlight", InFlightConfig.class, InFlightFilter::new);

    private static final Duration LATER = Duration.ofSeconds(1);

    private final int calls;
    private final Semaphore free;
    private final Counter refused;

    public InFlightFilter(InFlightConfig config, FilterContext context) {
        calls = config.calls();
        free = new Semaphore(calls);
        refused = Counter.builder("headgate.inflight.refused")
                .description("Calls refused because too many others ran")
                .register(context.meters());
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        if (!exchange.method().equals(Methods.TOOLS_CALL)) {
            return next.handle(exchange);
        }
        // On subscription: a place taken sooner would be lost with an answer that is never subscribed to.
        return Flux.using(this::take, taken -> next.handle(exchange), Semaphore::release);
    }

    private Semaphore take() {
        if (!free.tryAcquire()) {
            refused.increment();
            throw new Refusal(Refusal.Reason.OVERLOADED, "too many calls at a time (limit: " + calls + ")", LATER);
        }
        return free;
    }

    @Override
    public Map<String, Object> state() {
        return Map.of("calls", calls, "running", calls - free.availablePermits());
    }
}
