package io.headgate.gateway.route;

import io.headgate.filter.ClientSession;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.route.catalog.CatalogKeeper;
import io.headgate.gateway.route.catalog.Owner;
import io.headgate.gateway.route.catalog.Servers;
import io.headgate.gateway.route.catalog.StructuralUris;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.gateway.upstream.UpstreamState;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** The resources that sessions subscribed to at servers that know no sessions. */
final class Watches {
    private static final int MOST_PER_SESSION = 1_000;
    private static final JsonRpc DONE = JsonRpc.Success.of(RawJson.EMPTY_OBJECT);

    private final CatalogKeeper keeper;
    private final Map<String, OfSession> sessions = new ConcurrentHashMap<>();

    Watches(CatalogKeeper keeper, MeterRegistry meters) {
        this.keeper = keeper;
        Gauge.builder(
                        MeterNames.BRIDGE_WATCHES,
                        sessions,
                        all -> all.values().stream().mapToInt(OfSession::size).sum())
                .register(meters);
    }

    /** The answer to a request that such a server does not know; null if the owner can be asked itself. */
    @Nullable
    Flux<JsonRpc> answer(Exchange exchange, Owner owner) {
        ClientSession session = exchange.session();
        boolean subscribes = exchange.method().equals(Methods.RESOURCES_SUBSCRIBE);
        if (session == null || !(subscribes || exchange.method().equals(Methods.RESOURCES_UNSUBSCRIBE))) {
            return null;
        }
        Upstream upstream = keeper.servers().upstream(owner.target().server());
        if (upstream == null) {
            return null;
        }
        String uri = owner.target().name();
        OfSession watches = sessions.get(session.id());
        Watch watch = watches == null ? null : watches.byServer.get(upstream.name());
        boolean isWatched = watch != null && watch.isWatched(uri);
        UpstreamState state = upstream.state();
        boolean isAsked = state.keepsSessions() || !state.takesListenRequests();
        if (isAsked && (subscribes || !isWatched)) {
            return null;
        }
        if (subscribes) {
            return subscribe(of(session), exchange, owner, upstream, uri);
        }
        if (watch != null) {
            watch.remove(exchange, uri);
        }
        return Flux.just(DONE);
    }

    /** Where the session hears of updates, until disposed of. */
    Disposable deliver(ClientSession session, ListenStream stream) {
        OfSession watches = of(session);
        watches.stream = stream;
        return () -> {
            if (watches.stream == stream) {
                watches.stream = null;
            }
        };
    }

    /** Goes on at the servers that are served now, with what was watched at others of the same name. */
    void follow() {
        Servers now = keeper.servers();
        sessions.values().forEach(watches -> watches.follow(now));
    }

    private Flux<JsonRpc> subscribe(OfSession watches, Exchange exchange, Owner owner, Upstream upstream, String uri) {
        Watch watch = watches.at(upstream, owner);
        if (!watch.isWatched(uri) && watches.size() >= MOST_PER_SESSION) {
            throw new Refusal(Refusal.Reason.RATE_LIMITED, "too many subscriptions of one session");
        }
        return watch.add(exchange, uri)
                .map(agreed -> agreed ? DONE : refused(exchange))
                .onErrorMap(
                        late -> !(late instanceof Refusal),
                        late -> new Refusal(
                                Refusal.Reason.UPSTREAM_TIMEOUT, "the server did not acknowledge the subscription"))
                .flux();
    }

    private static JsonRpc refused(Exchange exchange) {
        String uri = exchange.target().name();
        return new JsonRpc.Failure(
                RpcCodes.INVALID_PARAMS,
                "The server does not tell of changes of this resource: " + uri,
                RawJson.of("{\"uri\":" + JsonStrings.quote(uri) + "}"));
    }

    private OfSession of(ClientSession session) {
        OfSession known = sessions.get(session.id());
        if (known != null) {
            return known;
        }
        OfSession watches = new OfSession();
        OfSession raced = sessions.putIfAbsent(session.id(), watches);
        if (raced != null) {
            return raced;
        }
        session.onEnd(() -> {
            sessions.remove(session.id());
            watches.close();
        });
        return watches;
    }

    /** What one session watches, and where it hears of it. */
    private final class OfSession {
        private final Map<String, Watch> byServer = new ConcurrentHashMap<>();
        private volatile @Nullable ListenStream stream;

        int size() {
            return byServer.values().stream().mapToInt(Watch::size).sum();
        }

        Watch at(Upstream upstream, Owner owner) {
            return byServer.computeIfAbsent(
                    upstream.name(),
                    name -> new Watch(
                            upstream,
                            update -> tell(
                                    owner.isRenamed()
                                            ? StructuralUris.renameInUpdate(owner.namespace(), update)
                                            : update),
                            keeper.timer()));
        }

        void follow(Servers now) {
            byServer.forEach((server, watch) -> {
                Upstream upstream = now.upstream(server);
                if (upstream != null) {
                    watch.moveTo(upstream);
                } else if (byServer.remove(server, watch)) {
                    watch.close();
                }
            });
        }

        void close() {
            byServer.values().forEach(Watch::close);
        }

        private void tell(JsonRpc.Notification update) {
            ListenStream to = stream;
            RawJson params = update.params();
            String uri = params == null ? null : params.getString("uri");
            if (to != null && uri != null) {
                to.updated(uri, update);
            }
        }
    }
}
