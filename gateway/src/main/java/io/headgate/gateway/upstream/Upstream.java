package io.headgate.gateway.upstream;

import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.mcp.JsonRpc;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One MCP server behind the gateway, whatever its era.
 *
 * <p>An exchange that arrives here has a target in the upstream's own words: {@code target.name()} is the bare tool or
 * prompt name or the bare URI, and is spliced into the message where it differs from what the client wrote.
 */
public interface Upstream extends Handler {
    String name();

    /** Sends a call to the server: one response at the end, notifications and questions before it. */
    @Override
    Flux<JsonRpc> handle(Exchange exchange);

    /**
     * What the server sends outside of any call for this exchange's client, until cancelled: resource updates for the
     * given URIs, after an acknowledgement; or, for a client with a session at a server with sessions, whatever comes on
     * its own one there.
     */
    Flux<JsonRpc> listen(Exchange exchange, List<String> resourceUris);

    /** What the server says of tasks, by its own ids of them, until cancelled; nothing where it has no tasks. */
    default Flux<JsonRpc> watchTasks(Exchange exchange, List<String> taskIds) {
        return Flux.never();
    }

    /** False if the server is known to tell nobody of a resource's updates. */
    boolean canWatch();

    /** Asks the server what it is and all that it offers, every page; fails with a Refusal. */
    Mono<Listing> list();

    /** Names what changed: {@code notifications/tools/list_changed} and its siblings; never ends by itself. */
    Flux<String> changes();

    /** What is known of it now. */
    UpstreamState state();

    /** Ends sessions and streams, closes connections. */
    Mono<Void> close();
}
