package io.headgate.filter.timeout;

import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.NameTable;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Ends a call whose upstream says nothing for too long, or that takes too long in all.
 *
 * <p>Every message that comes back starts the wait anew, and a question stops both clocks until it is answered, because a
 * person may be thinking, and whoever asks the person has a clock for that. What was sent may have been done, so the
 * refusal says that it may have been, and where more time can be given. What stands behind it learns when the time is over
 * from the exchange's deadline.
 * Subscriptions are silent by nature and are never ended.
 */
public final class TimeoutFilter implements Filter {
    public static final FilterType<TimeoutConfig> TYPE =
            new FilterType<>("timeout", TimeoutConfig.class, TimeoutFilter::new);

    private final TimeoutConfig config;
    private final Scheduler timer;
    private final Limits all;
    private final NameTable<Limits> tools = new NameTable<>();

    public TimeoutFilter(TimeoutConfig config, FilterContext context) {
        this.config = config;
        this.timer = context.timer();
        this.all = new Limits(config, timer, context.meters());
        for (ToolTimeout tool : config.tools()) {
            tools.add(tool.match(), new Limits(tool.over(config), timer, context.meters()));
        }
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        boolean waits = exchange.message() instanceof JsonRpc.Request
                && !exchange.method().equals(Methods.LISTEN);
        if (!waits) {
            return next.handle(exchange);
        }
        Limits limits = limitsOf(exchange);
        Exchange limited = exchange.withDeadline(timer.now(TimeUnit.NANOSECONDS) + limits.capNanos);
        return new TimeLimitedAnswer(next.handle(limited), exchange, limits);
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("idleMs", config.idle().toMillis());
        state.put("capMs", config.cap().toMillis());
        state.put("tools", config.tools().size());
        return state;
    }

    private Limits limitsOf(Exchange exchange) {
        String tool = tools.isEmpty() ? "" : exchange.route().tool();
        Limits own = tool.isEmpty() ? null : tools.get(tool);
        return own != null ? own : all;
    }
}
