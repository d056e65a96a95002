package io.headgate.filter;

import io.headgate.mcp.JsonRpc;
import reactor.core.publisher.Flux;

/**
 * What takes an exchange to its end: a chain, the router, an upstream.
 *
 * <p>What comes back are any number of notifications and questions, then exactly one response, then the end. An error is
 * a {@link Refusal}, or a defect. Cancelling means that the client has stopped waiting.
 */
@FunctionalInterface
public interface Handler {
    Flux<JsonRpc> handle(Exchange exchange);
}
