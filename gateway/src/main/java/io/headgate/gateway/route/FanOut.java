package io.headgate.gateway.route;

import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.CatalogKeeper;
import io.headgate.gateway.route.catalog.Offer;
import io.headgate.gateway.route.catalog.ServerSnapshot;
import io.headgate.gateway.route.catalog.View;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;

/** Tells every legacy server of a view what a client says to all of them; no single one's failure counts. */
final class FanOut {
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private final CatalogKeeper keeper;
    private final Function<String, Handler> upstreamHandlers;
    private final MeterRegistry meters;

    FanOut(CatalogKeeper keeper, Function<String, Handler> upstreamHandlers, MeterRegistry meters) {
        this.keeper = keeper;
        this.upstreamHandlers = upstreamHandlers;
        this.meters = meters;
    }

    /** To those that offer logging. */
    Flux<JsonRpc> setLevel(Exchange exchange, View view) {
        List<String> servers = new ArrayList<>();
        for (ServerSnapshot server : view.servers()) {
            Offer offer = server.offer();
            RawJson logging =
                    offer == null ? null : offer.listing().capabilities().get("logging");
            if (logging != null && keepsSessions(server.namespace().server())) {
                servers.add(server.namespace().server());
            }
        }
        return send(exchange, servers);
    }

    /** To all. */
    Flux<JsonRpc> notification(Exchange exchange, View view) {
        return send(
                exchange,
                view.servers().stream()
                        .map(server -> server.namespace().server())
                        .filter(this::keepsSessions)
                        .toList());
    }

    private boolean keepsSessions(String server) {
        Upstream upstream = keeper.upstream(server);
        return upstream != null && upstream.state().keepsSessions();
    }

    /** Completes when all have answered or failed, without elements. */
    private Flux<JsonRpc> send(Exchange exchange, List<String> servers) {
        return Flux.fromIterable(servers)
                .flatMap(server -> upstreamHandlers
                        .apply(server)
                        .handle(exchange.withTarget(new Target(server)))
                        .ignoreElements()
                        .timeout(LONGEST, keeper.timer())
                        .onErrorComplete(error -> {
                            meters.counter(MeterNames.UPSTREAM_FAULTS, "upstream", server, "reason", "fan_out")
                                    .increment();
                            return true;
                        }));
    }
}
