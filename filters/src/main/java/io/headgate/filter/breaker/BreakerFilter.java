package io.headgate.filter.breaker;

import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.LiveGauges;
import io.headgate.filter.PerServer;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.TreeMap;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Refuses calls to a server while too many of its last calls failed or were slow, and lets a few through after a while.
 *
 * <p>Each server has a breaker of its own. What the gateway answers itself, such as lists, passes.
 */
public final class BreakerFilter implements Filter {
    public static final FilterType<BreakerConfig> TYPE =
            new FilterType<>("breaker", BreakerConfig.class, BreakerFilter::new);

    private final PerServer<BreakerConfig, ServerBreaker> breakers;

    public BreakerFilter(BreakerConfig config, FilterContext context) {
        Scheduler timer = context.timer();
        MeterRegistry meters = context.meters();
        LiveGauges gauges = context.gauges();
        breakers = context.former() instanceof BreakerFilter former
                ? former.breakers.next(config)
                : new PerServer<>(
                        config, (server, present) -> new ServerBreaker(server, present, timer, meters, gauges));
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        if (!(exchange.message() instanceof JsonRpc.Request) || !Methods.goesToServer(exchange.method())) {
            return next.handle(exchange);
        }
        String server = exchange.route().server();
        return server.isEmpty() ? next.handle(exchange) : new GuardedAnswer(breakers.of(server), exchange, next);
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> servers = new TreeMap<>();
        breakers.forEach((server, breaker) -> servers.put(server, breaker.state()));
        return Map.of("servers", servers);
    }

    @Override
    public void forget(String server) {
        breakers.forget(server);
    }

    @Override
    public void close() {
        breakers.close();
    }
}
