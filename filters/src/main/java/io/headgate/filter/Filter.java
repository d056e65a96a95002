package io.headgate.filter;

import io.headgate.mcp.JsonRpc;
import java.util.Map;
import reactor.core.publisher.Flux;

/** A step that every exchange takes on its way to the upstream, and every answer on its way back. */
@FunctionalInterface
public interface Filter {
    Flux<JsonRpc> filter(Exchange exchange, Handler next);

    /** This filter with what follows it; bound once, when the file is read. */
    default Handler before(Handler next) {
        return exchange -> filter(exchange, next);
    }

    /** What people are shown of it at this moment: texts, numbers, and lists and maps of them; no secret, bounded. */
    default Map<String, Object> state() {
        return Map.of();
    }

    /** Gives back what it took when it was made; called once, after the last exchange, and may block. */
    default void close() {}
}
