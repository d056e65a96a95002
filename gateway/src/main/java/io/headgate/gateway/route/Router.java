package io.headgate.gateway.route;

import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.CatalogKeeper;
import io.headgate.gateway.route.catalog.ItemKind;
import io.headgate.gateway.route.catalog.Owner;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.gateway.route.catalog.ServerSnapshot;
import io.headgate.gateway.route.catalog.View;
import io.headgate.gateway.seal.Seal;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.LogLevels;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * The end of the client's chain: answers what the gateway knows itself, and hands the rest to the server that owns it.
 *
 * <p>Results that are made here have the members of the modern era; the legacy dialect leaves them out.
 */
public final class Router implements Handler {
    private final CatalogKeeper keeper;
    private final RequestStates states;
    private final Tasks tasks;
    private final ListPages lists;
    private final Discovery discovery;
    private final Watches watches;
    private final Subscriptions subscriptions;
    private final FanOut fanOut;
    private final Scheduler callers;
    private final Counter found;
    private final Counter missing;
    private final JsonRpc.Success done;

    /**
     * @param callers takes a call that waited back to the event loop that it came from
     * @param version the gateway's own, as clients are told
     */
    public Router(
            CatalogKeeper keeper,
            Seal seal,
            PageSize pageSize,
            Scheduler callers,
            String version,
            MeterRegistry meters) {
        ResultHead head = new ResultHead(version);
        this.keeper = keeper;
        this.states = new RequestStates(seal, meters);
        this.lists = new ListPages(pageSize, new Cursors(seal), head, meters);
        this.discovery = new Discovery(head);
        this.watches = new Watches(keeper, meters);
        this.tasks = new Tasks(seal, meters);
        this.subscriptions = new Subscriptions(keeper, watches, tasks, head, meters);
        this.fanOut = new FanOut(keeper.timer(), meters);
        this.callers = callers;
        this.found = meters.counter(MeterNames.CATALOG_LOOKUPS, "outcome", "found");
        this.missing = meters.counter(MeterNames.CATALOG_LOOKUPS, "outcome", "unknown");
        // Only clients of the older eras ask for what this answers, and they expect an empty object.
        this.done = JsonRpc.Success.of(RawJson.EMPTY_OBJECT);
    }

    @Override
    public Flux<JsonRpc> handle(Exchange exchange) {
        try {
            Resolved route = route(exchange);
            View view = route.view();
            if (view == null) {
                throw new Refusal(
                        Reason.UNKNOWN_NAME,
                        "Unknown server: " + exchange.target().server());
            }
            return exchange.message() instanceof JsonRpc.Request
                    ? request(exchange, route, view)
                    : notification(exchange, view);
        } catch (Refusal refusal) {
            return Flux.error(refusal);
        }
    }

    /** Ends all listen streams with their result, now and from now on: the gateway stops. */
    public void drain() {
        subscriptions.drain();
    }

    /** Cuts lists otherwise from now on. */
    public void pageSize(PageSize pageSize) {
        lists.pageSize(pageSize);
    }

    /** Brings what listens to the servers that are served now; what it heard from others ends. */
    public void follow() {
        subscriptions.follow();
        watches.follow();
    }

    private Flux<JsonRpc> request(Exchange exchange, Resolved route, View view) {
        return switch (exchange.method()) {
            case Methods.TOOLS_CALL -> toOwner(ItemKind.TOOL, exchange, route, view);
            case Methods.PROMPTS_GET -> toOwner(ItemKind.PROMPT, exchange, route, view);
            case Methods.RESOURCES_READ, Methods.RESOURCES_SUBSCRIBE, Methods.RESOURCES_UNSUBSCRIBE ->
                toOwner(ItemKind.RESOURCE, exchange, route, view);
            case Methods.COMPLETE -> complete(exchange, route, view);
            case Methods.TOOLS_LIST -> list(ItemKind.TOOL, exchange, view);
            case Methods.PROMPTS_LIST -> list(ItemKind.PROMPT, exchange, view);
            case Methods.RESOURCES_LIST -> list(ItemKind.RESOURCE, exchange, view);
            case Methods.RESOURCE_TEMPLATES_LIST -> list(ItemKind.TEMPLATE, exchange, view);
            case Methods.DISCOVER ->
                whenKnown(
                        exchange, view, now -> Flux.just(discovery.result(now, exchange.client(), keeper.nowMillis())));
            case Methods.LISTEN -> whenSettled(exchange, view, now -> subscriptions.listen(exchange, now));
            case Methods.SET_LEVEL -> setLevel(exchange, view);
            case Methods.TASKS_GET, Methods.TASKS_UPDATE, Methods.TASKS_CANCEL ->
                forward(exchange, tasks.owner(exchange, view));
            default -> throw new Refusal(Reason.METHOD_NOT_FOUND, "Method not found");
        };
    }

    private Flux<JsonRpc> notification(Exchange exchange, View view) {
        return switch (exchange.method()) {
            case Methods.ROOTS_CHANGED, Methods.PROGRESS -> fanOut.notification(exchange, view);
            default -> Flux.empty();
        };
    }

    private Flux<JsonRpc> list(ItemKind kind, Exchange exchange, View view) {
        return whenKnown(exchange, view, now -> Flux.just(lists.page(kind, now, exchange, keeper.nowMillis())));
    }

    /** Answers from the catalogue; waits for the first round, but only if it is not over. */
    private Flux<JsonRpc> whenSettled(Exchange exchange, View view, Function<View, Flux<JsonRpc>> answer) {
        if (keeper.isSettled()) {
            return answer.apply(view);
        }
        // A Flux makes its worker here, on the call's event loop; a Mono would make one where the round ends.
        return keeper.settled()
                .flux()
                .publishOn(callers)
                .thenMany(Flux.defer(() -> answer.apply(newest(exchange, view))));
    }

    /**
     * The same, but what nothing is known of is no empty list: such a server is asked again, and if it does not answer, the
     * client is told why.
     */
    private Flux<JsonRpc> whenKnown(Exchange exchange, View view, Function<View, Flux<JsonRpc>> answer) {
        return whenSettled(
                exchange,
                view,
                now -> now.whyNothingIsKnown() == null
                        ? answer.apply(now)
                        : afterLook(now.servers(), exchange, now, then -> {
                            Refusal why = then.whyNothingIsKnown();
                            return why == null ? answer.apply(then) : Flux.error(why);
                        }));
    }

    private Flux<JsonRpc> afterLook(
            List<ServerSnapshot> servers, Exchange exchange, View view, Function<View, Flux<JsonRpc>> answer) {
        List<String> names =
                servers.stream().map(server -> server.namespace().server()).toList();
        return keeper.look(exchange, names)
                .flux()
                .publishOn(callers)
                .thenMany(Flux.defer(() -> answer.apply(newest(exchange, view))));
    }

    /** What the same door shows now, for what was not there when the exchange came. */
    private View newest(Exchange exchange, View view) {
        View now = route(keeper.again(exchange)).view();
        return now == null ? view : now;
    }

    private static Resolved route(Exchange exchange) {
        return (Resolved) exchange.route();
    }

    private Flux<JsonRpc> toOwner(ItemKind kind, Exchange exchange, Resolved route, View view) {
        if (exchange.target().kind() == Target.Kind.NONE) {
            throw new Refusal(Reason.INVALID_PARAMS, "The request names nothing (expected: params.name or params.uri)");
        }
        Owner owner = route.owner();
        if (owner != null) {
            return forward(exchange, owner);
        }
        return whenSettled(exchange, view, now -> {
            Exchange late = keeper.again(exchange);
            Owner lateOwner = route(late).owner();
            return lateOwner == null ? lookFor(kind, exchange, now) : forward(late, lateOwner);
        });
    }

    /** Not every server says that it has something new, so it is asked before a client is told that there is no such name. */
    private Flux<JsonRpc> lookFor(ItemKind kind, Exchange exchange, View view) {
        String name = exchange.target().name();
        List<ServerSnapshot> candidates = view.candidates(kind, name);
        if (candidates.isEmpty()) {
            return Flux.error(unknown(kind, name, candidates));
        }
        return afterLook(candidates, exchange, view, now -> {
            Exchange late = keeper.again(exchange);
            Owner owner = route(late).owner();
            (owner == null ? missing : found).increment();
            return owner == null ? Flux.error(unknown(kind, name, now.candidates(kind, name))) : forward(late, owner);
        });
    }

    private Flux<JsonRpc> forward(Exchange exchange, Owner owner) {
        Flux<JsonRpc> watched = watches.answer(exchange, owner);
        if (watched != null) {
            return watched;
        }
        Exchange there = exchange.withTarget(owner.target());
        if (exchange.message().envelope().has(Member.REQUEST_STATE)) {
            there = states.open(exchange, owner).withTarget(owner.target());
        }
        Flux<JsonRpc> answer = upstream(exchange, owner).handle(there);
        return exchange.method().equals(Methods.COMPLETE)
                ? answer
                : new ClientWords(answer, exchange, owner, states, tasks);
    }

    /** An exchange stays with the servers that it could reach when it came. */
    private static Upstream upstream(Exchange exchange, Owner owner) {
        return Objects.requireNonNull(
                route(exchange).servers().upstream(owner.target().server()));
    }

    private Flux<JsonRpc> complete(Exchange exchange, Resolved route, View view) {
        Envelope message = exchange.message().envelope();
        if (message.is(Member.REF_TYPE, "ref/prompt")) {
            return toOwner(ItemKind.PROMPT, exchange, route, view);
        }
        if (message.is(Member.REF_TYPE, "ref/resource")) {
            return toOwner(ItemKind.RESOURCE, exchange, route, view);
        }
        throw new Refusal(Reason.INVALID_PARAMS, "ref.type: unknown (expected: ref/prompt or ref/resource)");
    }

    private Flux<JsonRpc> setLevel(Exchange exchange, View view) {
        String level = required(exchange.message().envelope(), Member.LEVEL, "level");
        if (!LogLevels.contains(level)) {
            throw new Refusal(Reason.INVALID_PARAMS, "level: unknown");
        }
        return fanOut.setLevel(exchange, view).concatWithValues(done);
    }

    private static String required(Envelope message, Member member, String path) {
        String text = message.string(member);
        if (text == null) {
            throw new Refusal(Reason.INVALID_PARAMS, path + ": missing (expected: a string)");
        }
        return text;
    }

    /** Not there, unless the only server that could have it cannot be asked: then the client is told that. */
    private static Refusal unknown(ItemKind kind, String name, List<ServerSnapshot> candidates) {
        Refusal why = candidates.size() == 1 ? candidates.get(0).whyUnknown() : null;
        if (why != null) {
            return why;
        }
        return switch (kind) {
            case TOOL -> new Refusal(Reason.UNKNOWN_NAME, "Unknown tool: " + name);
            case PROMPT -> new Refusal(Reason.UNKNOWN_NAME, "Unknown prompt: " + name);
            case RESOURCE, TEMPLATE ->
                new Refusal(
                        Reason.UNKNOWN_NAME,
                        "Resource not found: " + name,
                        null,
                        RawJson.of("{\"uri\":" + JsonStrings.quote(name) + "}"));
        };
    }
}
