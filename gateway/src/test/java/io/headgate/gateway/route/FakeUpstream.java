package io.headgate.gateway.route;

import static reactor.core.publisher.Sinks.EmitFailureHandler.FAIL_FAST;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.gateway.upstream.UpstreamState;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.gateway.upstream.UpstreamState.EraState;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A server whose lists, answers and signals a test sets by hand. */
final class FakeUpstream implements Upstream {
    final List<String> tools = new ArrayList<>();
    final List<String> prompts = new ArrayList<>();
    final List<String> resources = new ArrayList<>();
    final List<String> templates = new ArrayList<>();
    final AtomicInteger listCalls = new AtomicInteger();
    final List<Exchange> calls = new ArrayList<>();
    final List<List<String>> listens = new ArrayList<>();
    final List<List<String>> watches = new ArrayList<>();
    Sinks.Many<String> changes = Sinks.many().multicast().directBestEffort();
    Sinks.Many<JsonRpc> events = Sinks.many().multicast().directBestEffort();
    String capabilities = "{\"tools\":{},\"prompts\":{},\"resources\":{\"subscribe\":true}}";

    @Nullable
    String instructions;

    long ttlMillis = 30_000;
    boolean isPublic = true;
    Era era = Era.MODERN;
    /** True also for one that speaks both eras. */
    boolean keepsSessions;

    boolean canWatch = true;

    /** The params of what a stream begins with. */
    Function<List<String>, @Nullable RawJson> acknowledgement = uris -> null;

    /** What it shows to clients with a session, if that is something else. */
    @Nullable
    FakeUpstream older;

    boolean isSilent;

    @Nullable
    Mono<Listing> nextList;

    Function<Exchange, Flux<JsonRpc>> answer =
            exchange -> Flux.just(JsonRpc.Success.of("{\"resultType\":\"complete\",\"content\":[]}"));
    private final String name;

    FakeUpstream(String name) {
        this.name = name;
    }

    FakeUpstream tool(String toolName) {
        tools.add("{\"name\":\"" + toolName + "\",\"inputSchema\":{\"type\":\"object\"}}");
        return this;
    }

    FakeUpstream resource(String uri) {
        resources.add("{\"uri\":\"" + uri + "\",\"name\":\"r\"}");
        return this;
    }

    FakeUpstream template(String uri) {
        templates.add("{\"uriTemplate\":\"" + uri + "\",\"name\":\"t\"}");
        return this;
    }

    FakeUpstream dead() {
        nextList = Mono.error(new Refusal(Refusal.Reason.UPSTREAM_UNAVAILABLE, "connection refused"));
        return this;
    }

    FakeUpstream hanging() {
        nextList = Mono.never();
        return this;
    }

    FakeUpstream alive() {
        nextList = null;
        return this;
    }

    FakeUpstream answering(String result) {
        answer = exchange -> Flux.just(JsonRpc.Success.of(result));
        return this;
    }

    void signal(String method) {
        changes.emitNext(method, FAIL_FAST);
    }

    void send(JsonRpc message) {
        events.emitNext(message, FAIL_FAST);
    }

    Listing listing() {
        Listing shown = new Listing(
                RawJson.of(capabilities),
                null,
                instructions,
                tools.stream().map(RawJson::of).toList(),
                prompts.stream().map(RawJson::of).toList(),
                resources.stream().map(RawJson::of).toList(),
                templates.stream().map(RawJson::of).toList(),
                ttlMillis,
                isPublic);
        return older == null ? shown : shown.withSessions(older.listing());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Flux<JsonRpc> handle(Exchange exchange) {
        calls.add(exchange);
        return answer.apply(exchange);
    }

    @Override
    public Flux<JsonRpc> listen(Exchange exchange, List<String> resourceUris) {
        listens.add(resourceUris);
        boolean acknowledges = !resourceUris.isEmpty() && !isSilent;
        return acknowledges
                ? events.asFlux()
                        .startWith(new JsonRpc.Notification(
                                "notifications/subscriptions/acknowledged", acknowledgement.apply(resourceUris)))
                : events.asFlux();
    }

    @Override
    public Flux<JsonRpc> watchTasks(Exchange exchange, List<String> taskIds) {
        watches.add(taskIds);
        return events.asFlux().startWith(new JsonRpc.Notification("notifications/subscriptions/acknowledged", null));
    }

    @Override
    public boolean canWatch() {
        return canWatch;
    }

    @Override
    public Mono<Listing> list() {
        listCalls.incrementAndGet();
        Mono<Listing> next = nextList;
        return next == null ? Mono.fromCallable(this::listing) : next;
    }

    @Override
    public Flux<String> changes() {
        return changes.asFlux();
    }

    @Override
    public UpstreamState state() {
        EraState spoken = new EraState(era, /* isSpoken= */ true, null, null, Instant.EPOCH);
        return new UpstreamState(
                name, List.of(spoken), keepsSessions || era == Era.LEGACY, true, 0, 0, 0, 0, null, null);
    }

    @Override
    public Mono<Void> close() {
        return Mono.empty();
    }
}
