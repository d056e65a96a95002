package io.headgate.filter.breaker;

import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;

/**
 * Refuses calls to a server while too many of its last calls failed or were slow, and lets a few through after a while.
 *
 * <p>Each server has a breaker of its own. What the gateway answers itself, such as lists, passes.
 */
public final class BreakerFilter implements Filter {
    public static final FilterType<BreakerConfig> TYPE =
            new FilterType<>("breaker", BreakerConfig.class, BreakerFilter::new);

    private final BreakerConfig config;
    private final FilterContext context;
    private final Map<String, ServerBreaker> breakers = new ConcurrentHashMap<>();

    public BreakerFilter(BreakerConfig config, FilterContext context) {
        this.config = config;
        this.context = context;
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        if (!(exchange.message() instanceof JsonRpc.Request) || !Methods.goesToServer(exchange.method())) {
            return next.handle(exchange);
        }
        String server = exchange.route().server();
        return server.isEmpty() ? next.handle(exchange) : new GuardedAnswer(breaker(server), exchange, next);
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> servers = new TreeMap<>();
        breakers.forEach((server, breaker) -> servers.put(server, breaker.state()));
        return Map.of("servers", servers);
    }

    @Override
    public void close() {
        breakers.values().forEach(ServerBreaker::close);
    }

    private ServerBreaker breaker(String server) {
        ServerBreaker known = breakers.get(server);
        return known != null
                ? known
                : breakers.computeIfAbsent(server, name -> new ServerBreaker(name, config, context));
    }
}
