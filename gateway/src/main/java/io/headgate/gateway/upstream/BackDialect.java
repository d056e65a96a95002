package io.headgate.gateway.upstream;

import io.headgate.filter.Exchange;
import io.headgate.mcp.JsonRpc;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** How one era is spoken to an upstream. */
public interface BackDialect {
    UpstreamState.Era era();

    UpstreamTransport transport();

    /** The revision that is spoken, once it is known. */
    String version();

    Flux<JsonRpc> call(Exchange exchange);

    /** Takes a notification of a client to the upstream, where there is somebody to take it. */
    Flux<JsonRpc> tell(Exchange exchange);

    Flux<JsonRpc> listen(Exchange exchange, List<String> resourceUris);

    /** Only the newest revision has tasks that can be watched. */
    default Flux<JsonRpc> watchTasks(Exchange exchange, List<String> taskIds) {
        return Flux.never();
    }

    /** True if a client's session has one of its own at the server: what the server says to that client comes there. */
    default boolean keepsSessions() {
        return false;
    }

    /** False if the server is known to tell nobody of a resource's updates. */
    default boolean canWatch() {
        return true;
    }

    Mono<Listing> list();

    Flux<String> changes();
}
