package io.headgate.gateway.upstream;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads every page of every list that a server has, within bounds. */
public final class ListingReader {
    private static final int MAX_PAGES = 100;
    private static final long MAX_TTL_MILLIS = Duration.ofMinutes(5).toMillis();

    private final String upstream;
    private final UpstreamLimits limits;
    private final UpstreamMeters meters;
    private final Function<Exchange, Flux<JsonRpc>> call;
    private long ttlMillis = MAX_TTL_MILLIS;
    private boolean isPublic = true;
    private long catalogBytes;
    private int pages;

    public ListingReader(
            String upstream, UpstreamLimits limits, UpstreamMeters meters, Function<Exchange, Flux<JsonRpc>> call) {
        this.upstream = upstream;
        this.limits = limits;
        this.meters = meters;
        this.call = call;
    }

    /** How many pages were read. */
    int pages() {
        return pages;
    }

    /** All lists that the capabilities speak of. */
    public Mono<Listing> read(RawJson capabilities, @Nullable RawJson serverInfo, @Nullable String instructions) {
        boolean resources = has(capabilities, "resources");
        // One after the other: the bounds and hints are those of all lists together.
        return items(has(capabilities, "tools"), Methods.TOOLS_LIST, "tools")
                .flatMap(tools -> items(has(capabilities, "prompts"), Methods.PROMPTS_LIST, "prompts")
                        .flatMap(prompts -> items(resources, Methods.RESOURCES_LIST, "resources")
                                .flatMap(all -> items(resources, Methods.RESOURCE_TEMPLATES_LIST, "resourceTemplates")
                                        .map(templates -> new Listing(
                                                capabilities,
                                                serverInfo,
                                                instructions,
                                                tools,
                                                prompts,
                                                all,
                                                templates,
                                                ttlMillis,
                                                isPublic)))));
    }

    /** Takes the cache hints of a result into account: the shortest time, public only if all are. */
    public void hint(Envelope result) {
        RawJson ttl = result.get(Member.TTL_MS);
        ttlMillis = Math.min(ttlMillis, Math.max(0, ttl == null ? 0 : ttl.longOr(0)));
        isPublic &= result.is(Member.CACHE_SCOPE, "public");
    }

    private static boolean has(RawJson capabilities, String name) {
        RawJson capability = capabilities.get(name);
        return capability != null && capability.isObject();
    }

    private Mono<List<RawJson>> items(boolean offered, String method, String key) {
        if (!offered) {
            return Mono.just(List.of());
        }
        return Mono.defer(() -> page(new Pages(method, key), null));
    }

    private Mono<List<RawJson>> page(Pages pages, @Nullable RawJson cursor) {
        String params = cursor == null ? "{}" : "{\"cursor\":" + cursor + "}";
        return call.apply(GatewayExchange.of(upstream, pages.method, params))
                .last()
                .flatMap(response -> {
                    if (response instanceof JsonRpc.Success success) {
                        RawJson next = pages.add(success);
                        return next == null ? Mono.just(pages.items) : page(pages, next);
                    }
                    return refused(pages, response);
                });
    }

    private Mono<List<RawJson>> refused(Pages pages, JsonRpc response) {
        JsonRpc.Failure failure = (JsonRpc.Failure) response;
        // Some servers declare a capability as a whole and lack one of its lists.
        if (failure.code() == RpcCodes.METHOD_NOT_FOUND && pages.items.isEmpty()) {
            return Mono.just(pages.items);
        }
        return Mono.error(new Refusal(
                Refusal.Reason.UPSTREAM_ERROR,
                pages.method + " failed with " + failure.code() + ": " + failure.message()));
    }

    /** One list on its way through the pages. */
    private final class Pages {
        private final String method;
        private final String key;
        private final List<RawJson> items = new ArrayList<>();
        private final Set<String> cursors = new HashSet<>();
        private int count;

        Pages(String method, String key) {
            this.method = method;
            this.key = key;
        }

        /** Adds a page, and says where the next one begins, or null if this was the last. */
        @Nullable
        RawJson add(JsonRpc.Success success) {
            count++;
            pages++;
            hint(success.envelope());
            RawJson array = success.result().get(key);
            if (array == null || !array.isArray()) {
                throw meters.refuse(UpstreamFault.SHAPE, null);
            }
            catalogBytes += array.length();
            if (catalogBytes > limits.catalogBytes()) {
                throw meters.refuse(UpstreamFault.CATALOG_TOO_LARGE, null);
            }
            boolean isLoose = array.retained() > 2 * array.length();
            for (RawJson item : array.elements()) {
                if (items.size() >= limits.tools() || item.length() > limits.toolBytes()) {
                    throw meters.refuse(UpstreamFault.CATALOG_TOO_LARGE, null);
                }
                // A page may be much larger than what it lists.
                items.add(isLoose ? item.copy() : item);
            }
            RawJson next = success.envelope().get(Member.NEXT_CURSOR);
            if (next == null || !next.isString()) {
                return null;
            }
            if (count >= MAX_PAGES || !cursors.add(next.toString())) {
                meters.count(UpstreamFault.CURSOR_LOOP);
                return null;
            }
            return next;
        }
    }
}
