package io.headgate.filter;

import io.headgate.mcp.JsonRpc;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** A step that every exchange takes on its way to the upstream, and every answer on its way back. */
@FunctionalInterface
public interface Filter {
    Flux<JsonRpc> filter(Exchange exchange, Handler next);

    /**
     * This filter with what follows it; bound once for each chain that it is in.
     *
     * <p>A filter whose configuration does not change stays in the chain that replaces its own, so both are bound at a time.
     */
    default Handler before(Handler next) {
        return exchange -> filter(exchange, next);
    }

    /**
     * Asked when only the head of a request has come: why it is refused before its body is read, or null.
     *
     * <p>A head is not verified, so it can refuse a request and never admit one: what passes here meets {@link #filter} all the same.
     * Called on the way of every call, so it costs next to nothing while there is nothing to refuse.
     */
    default @Nullable Refusal refuses(RequestHead head) {
        return null;
    }

    /** What people are shown of it at this moment: texts, numbers, and lists and maps of them; no secret, bounded. */
    default Map<String, Object> state() {
        return Map.of();
    }

    /** No chain has a server of this name any more: what is kept of it may go, so that it does not grow for ever. */
    default void forget(String server) {}

    /** Gives back what it took when it was made; called once, after the last exchange, and may block. */
    default void close() {}
}
