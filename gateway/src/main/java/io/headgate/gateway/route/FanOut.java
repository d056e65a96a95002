package io.headgate.gateway.route;

import io.headgate.filter.Exchange;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.Offer;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.gateway.route.catalog.ServerSnapshot;
import io.headgate.gateway.route.catalog.Servers;
import io.headgate.gateway.route.catalog.View;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** Tells every legacy server of a view what a client says to all of them; no single one's failure counts. */
final class FanOut {
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private final Scheduler timer;
    private final MeterRegistry meters;

    FanOut(Scheduler timer, MeterRegistry meters) {
        this.timer = timer;
        this.meters = meters;
    }

    /** To those that offer logging. */
    Flux<JsonRpc> setLevel(Exchange exchange, View view) {
        List<Upstream> upstreams = new ArrayList<>();
        for (ServerSnapshot server : view.servers()) {
            Offer offer = server.offer();
            RawJson logging =
                    offer == null ? null : offer.listing().capabilities().get("logging");
            Upstream upstream = logging == null ? null : withSessions(exchange, server);
            if (upstream != null) {
                upstreams.add(upstream);
            }
        }
        return send(exchange, upstreams);
    }

    /** To all. */
    Flux<JsonRpc> notification(Exchange exchange, View view) {
        return send(
                exchange,
                view.servers().stream()
                        .map(server -> withSessions(exchange, server))
                        .filter(Objects::nonNull)
                        .toList());
    }

    private static @Nullable Upstream withSessions(Exchange exchange, ServerSnapshot server) {
        Servers reached = ((Resolved) exchange.route()).servers();
        Upstream upstream = reached.upstream(server.namespace().server());
        return upstream != null && upstream.state().keepsSessions() ? upstream : null;
    }

    /** Completes when all have answered or failed, without elements. */
    private Flux<JsonRpc> send(Exchange exchange, List<Upstream> upstreams) {
        return Flux.fromIterable(upstreams)
                .flatMap(upstream -> upstream.handle(exchange.withTarget(new Target(upstream.name())))
                        .ignoreElements()
                        .timeout(LONGEST, timer)
                        .onErrorComplete(error -> {
                            meters.counter(MeterNames.UPSTREAM_FAULTS, "upstream", upstream.name(), "reason", "fan_out")
                                    .increment();
                            return true;
                        }));
    }
}
