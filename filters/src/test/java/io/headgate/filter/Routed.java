package io.headgate.filter;

import io.headgate.mcp.JsonRpc;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** A filter whose exchanges have the routes that a test gives them. */
public record Routed(Function<Exchange, Route> routes, Filter filter) implements Filter {
    /** All exchanges go to one server, with the tools that they call. */
    public static Filter to(String server, Filter filter) {
        return new Routed(exchange -> to(server, exchange), filter);
    }

    private static Route to(String server, Exchange exchange) {
        String tool =
                exchange.target().kind() == Target.Kind.TOOL ? exchange.target().name() : "";
        return new Route.Known(server, tool, tool, ToolHints.NONE, null);
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        return filter.filter(exchange.withRoute(routes.apply(exchange)), next);
    }

    @Override
    public @Nullable Refusal refuses(RequestHead head) {
        return filter.refuses(head);
    }

    @Override
    public Map<String, Object> state() {
        return filter.state();
    }

    @Override
    public void forget(String server) {
        filter.forget(server);
    }

    @Override
    public void close() {
        filter.close();
    }
}
