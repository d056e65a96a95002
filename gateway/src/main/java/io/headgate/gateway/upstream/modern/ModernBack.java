package io.headgate.gateway.upstream.modern;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.upstream.BackDialect;
import io.headgate.gateway.upstream.GatewayExchange;
import io.headgate.gateway.upstream.ListChanges;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.ListingReader;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamState;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.call.CallFlux;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The back dialect of 2026-07-28: no sessions, every request complete in itself. */
public final class ModernBack implements BackDialect {
    final HttpClient client;
    private final String name;
    private final UpstreamLimits limits;
    private final Runnable doubt;
    private volatile @Nullable RawJson capabilities;

    /** {@code doubt} is run when an answer looks as if the server no longer speaks this era. */
    public ModernBack(String name, UpstreamLimits limits, HttpClient client, Runnable doubt) {
        this.name = name;
        this.limits = limits;
        this.client = client;
        this.doubt = doubt;
    }

    void doubt() {
        doubt.run();
    }

    @Override
    public UpstreamState.Era era() {
        return UpstreamState.Era.MODERN;
    }

    @Override
    public UpstreamTransport transport() {
        return UpstreamTransport.HTTP;
    }

    @Override
    public String version() {
        return ProtocolVersions.V2026_07_28;
    }

    @Override
    public Flux<JsonRpc> call(Exchange exchange) {
        return new CallFlux(actual -> new ModernCall(this, exchange, actual));
    }

    @Override
    public Flux<JsonRpc> tell(Exchange exchange) {
        // This revision has no notifications of clients over HTTP.
        return Flux.empty();
    }

    @Override
    public Flux<JsonRpc> listen(Exchange exchange, List<String> resourceUris) {
        if (resourceUris.isEmpty()) {
            return Flux.never();
        }
        return listen(
                exchange,
                "resourceSubscriptions",
                resourceUris,
                Methods.RESOURCE_UPDATED,
                () -> Flux.fromIterable(resourceUris)
                        .map(uri -> new JsonRpc.Notification(
                                Methods.RESOURCE_UPDATED, RawJson.of("{\"uri\":" + JsonStrings.quote(uri) + "}"))));
    }

    @Override
    public Flux<JsonRpc> watchTasks(Exchange exchange, List<String> taskIds) {
        // What a task became in a gap is not known here; clients may ask for it.
        return listen(exchange, "taskIds", taskIds, Methods.TASK_CHANGED, Flux::empty);
    }

    private Flux<JsonRpc> listen(
            Exchange exchange, String filter, List<String> wanted, String asked, Supplier<Flux<JsonRpc>> afterGap) {
        StringJoiner params = new StringJoiner(",", "{\"notifications\":{\"" + filter + "\":[", "]}}");
        wanted.forEach(one -> params.add(JsonStrings.quote(one)));
        Exchange listen = exchange.withMessage(GatewayExchange.request(Methods.LISTEN, params.toString()))
                .withTarget(new Target(name));
        return Reconnecting.of(
                client,
                /* servesMany= */ false,
                owner -> new CallFlux(actual -> new ListenCall(client, listen, Set.of(asked), owner, actual)),
                afterGap);
    }

    @Override
    public Mono<Listing> list() {
        return discover().flatMap(discovered -> {
            ListingReader lists = new ListingReader(name, limits, client.meters(), this::call);
            lists.hint(discovered.envelope());
            return lists.read(
                    capabilitiesOf(discovered),
                    discovered.envelope().get(Member.META_SERVER_INFO),
                    discovered.envelope().string(Member.INSTRUCTIONS));
        });
    }

    /** Asks the server what it is. */
    public Mono<JsonRpc.Success> discover() {
        return call(GatewayExchange.of(name, Methods.DISCOVER, "{}")).last().flatMap(response -> {
            if (response instanceof JsonRpc.Success success) {
                capabilities = capabilitiesOf(success);
                return Mono.just(success);
            }
            JsonRpc.Failure failure = (JsonRpc.Failure) response;
            return Mono.error(new Refusal(
                    Refusal.Reason.UPSTREAM_ERROR,
                    Methods.DISCOVER + " failed with " + failure.code() + ": " + failure.message()));
        });
    }

    static RawJson capabilitiesOf(JsonRpc.Success discovered) {
        RawJson declared = discovered.envelope().get(Member.RESULT_CAPABILITIES);
        return declared == null || !declared.isObject() ? RawJson.EMPTY_OBJECT : declared;
    }

    @Override
    public Flux<String> changes() {
        return Reconnecting.of(
                        client,
                        /* servesMany= */ true,
                        this::listenForChanges,
                        () -> {
                            // The server may have come back as another version of itself.
                            doubt();
                            RawJson known = capabilities;
                            return Flux.fromIterable(known == null ? List.of() : ListChanges.missed(known))
                                    .map(kind -> new JsonRpc.Notification(kind, null));
                        })
                .ofType(JsonRpc.Notification.class)
                .map(JsonRpc.Notification::method);
    }

    private Flux<JsonRpc> listenForChanges(Reconnecting owner) {
        RawJson known = capabilities;
        Mono<RawJson> declared = known != null ? Mono.just(known) : discover().map(ModernBack::capabilitiesOf);
        return declared.flatMapMany(offered -> {
            List<String> kinds = ListChanges.announced(offered);
            if (kinds.isEmpty()) {
                owner.notOffered();
                return Flux.empty();
            }
            StringJoiner filter = new StringJoiner(",", "{\"notifications\":{", "}}");
            kinds.forEach(kind -> filter.add("\"" + filterKey(kind) + "\":true"));
            Exchange listen = GatewayExchange.of(name, Methods.LISTEN, filter.toString());
            return new CallFlux(actual -> new ListenCall(client, listen, Set.copyOf(kinds), owner, actual));
        });
    }

    private static String filterKey(String kind) {
        return switch (kind) {
            case Methods.TOOLS_CHANGED -> "toolsListChanged";
            case Methods.PROMPTS_CHANGED -> "promptsListChanged";
            default -> "resourcesListChanged";
        };
    }
}
