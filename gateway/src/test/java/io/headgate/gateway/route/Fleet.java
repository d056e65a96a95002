package io.headgate.gateway.route;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.ClientSession;
import io.headgate.filter.Events;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.CatalogKeeper;
import io.headgate.gateway.route.catalog.ItemKind;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.gateway.route.catalog.Source;
import io.headgate.gateway.seal.Seal;
import io.headgate.gateway.seal.SealKey;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A router before fake servers, with time that a test moves. */
final class Fleet {
    static final Duration BOUND = Duration.ofSeconds(5);

    final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Events events = new Events();
    final Map<String, FakeUpstream> upstreams = new LinkedHashMap<>();
    final List<Source> sources = new ArrayList<>();
    PageSize pageSize = PageSize.DEFAULT;
    private Duration skipped = Duration.ZERO;

    @SuppressWarnings("NullAway.Init") // Set by start, without which no test does anything.
    CatalogKeeper keeper;

    @SuppressWarnings("NullAway.Init")
    Front router;

    /** Under the default prefix. */
    FakeUpstream add(String name) {
        return add(name, name + "__");
    }

    FakeUpstream add(String name, String prefix) {
        FakeUpstream upstream = new FakeUpstream(name);
        upstreams.put(name, upstream);
        sources.add(new Source(upstream, prefix));
        return upstream;
    }

    FakeUpstream upstream(String name) {
        return Objects.requireNonNull(upstreams.get(name));
    }

    Fleet start() {
        keeper = new CatalogKeeper(meters, time, this::now, events);
        keeper.begin(keeper.with(sources));
        Seal seal = new Seal(List.of(SealKey.random()), this::now);
        router = new Front(keeper, new Router(keeper, seal, pageSize, time, "0.1", meters));
        keeper.start();
        return this;
    }

    /** Finds the route of an exchange as the front door does, and hands it to the router. */
    record Front(CatalogKeeper keeper, Router router) implements Handler {
        @Override
        public Flux<JsonRpc> handle(Exchange exchange) {
            return router.handle(keeper.again(exchange));
        }

        void drain() {
            router.drain();
        }
    }

    Resolved route(Exchange exchange) {
        return (Resolved) keeper.again(exchange).route();
    }

    Instant now() {
        return Instant.EPOCH.plus(skipped).plusMillis(time.now(java.util.concurrent.TimeUnit.MILLISECONDS));
    }

    /** Moves the clock alone: what is done every minute is not done for each of them. */
    void skip(Duration duration) {
        skipped = skipped.plus(duration);
    }

    void pass(Duration duration) {
        time.advanceTimeBy(duration);
    }

    static Exchange exchange(String server, String method, String params) {
        Envelope envelope = Envelope.ofRequest(method, RawJson.of(params));
        return new Exchange(
                new JsonRpc.Request(RequestId.of(1), method, envelope),
                target(server, method, envelope),
                Route.NONE,
                new Caller("alice"),
                new Client("2026-07-28", RawJson.EMPTY_OBJECT, null, null),
                null,
                RequestHeaders.NONE);
    }

    /** The same request by a client of 2025-11-25, without the session. */
    static Exchange legacy(String method, String params) {
        Exchange modern = exchange("", method, params);
        return new Exchange(
                modern.message(),
                modern.target(),
                modern.route(),
                modern.caller(),
                new Client("2025-11-25", RawJson.EMPTY_OBJECT, null, null),
                null,
                RequestHeaders.NONE);
    }

    private static Target target(String server, String method, Envelope envelope) {
        return switch (method) {
            case Methods.TOOLS_CALL -> new Target(server, Target.Kind.TOOL, text(envelope, Member.NAME));
            case Methods.PROMPTS_GET -> new Target(server, Target.Kind.PROMPT, text(envelope, Member.NAME));
            case Methods.RESOURCES_READ, Methods.RESOURCES_SUBSCRIBE, Methods.RESOURCES_UNSUBSCRIBE ->
                new Target(server, Target.Kind.RESOURCE, text(envelope, Member.URI));
            case Methods.TASKS_GET, Methods.TASKS_UPDATE, Methods.TASKS_CANCEL ->
                new Target(server, Target.Kind.TASK, text(envelope, Member.TASK_ID));
            case Methods.COMPLETE ->
                envelope.is(Member.REF_TYPE, "ref/resource")
                        ? referred(server, Target.Kind.RESOURCE, envelope.string(Member.REF_URI))
                        : referred(server, Target.Kind.PROMPT, envelope.string(Member.REF_NAME));
            default -> new Target(server);
        };
    }

    private static Target referred(String server, Target.Kind kind, @Nullable String name) {
        return name == null ? new Target(server) : new Target(server, kind, name);
    }

    private static String text(Envelope envelope, Member member) {
        String text = envelope.string(member);
        return text == null ? "" : text;
    }

    /** The same from a client of a revision that declares capabilities. */
    static Exchange from(Exchange exchange, String version, String capabilities) {
        return new Exchange(
                exchange.message(),
                exchange.target(),
                exchange.route(),
                exchange.caller(),
                new Client(version, RawJson.of(capabilities), null, null),
                exchange.session(),
                exchange.headers());
    }

    static Exchange inSession(Exchange exchange) {
        ClientSession session = new ClientSession() {
            @Override
            public String id() {
                return "session";
            }

            @Override
            public void onEnd(Runnable action) {}
        };
        return new Exchange(
                exchange.message(),
                exchange.target(),
                exchange.route(),
                exchange.caller(),
                exchange.client(),
                session,
                exchange.headers());
    }

    Flux<JsonRpc> send(String method, String params) {
        return router.handle(exchange("", method, params));
    }

    /** The result of a request to the fleet. */
    RawJson ask(String method, String params) {
        return ask("", method, params);
    }

    RawJson ask(String server, String method, String params) {
        return result(router.handle(exchange(server, method, params)));
    }

    static RawJson result(Flux<JsonRpc> answer) {
        JsonRpc last = answer.blockLast(BOUND);
        if (last instanceof JsonRpc.Success success) {
            return success.result();
        }
        throw new AssertionError("no success: " + last);
    }

    Refusal refusal(String method, String params) {
        return refusal(exchange("", method, params));
    }

    Refusal refusal(Exchange exchange) {
        try {
            JsonRpc answer = patiently(exchange).block(BOUND);
            throw new AssertionError("not refused: " + answer);
        } catch (Refusal refusal) {
            return refusal;
        }
    }

    /** The last message of an answer, which may take some seconds: those in which servers are asked again. */
    Mono<JsonRpc> patiently(Exchange exchange) {
        CompletableFuture<JsonRpc> answer = router.handle(exchange).last().toFuture();
        for (int i = 0; i < 50 && !answer.isDone(); i++) {
            pass(Duration.ofMillis(100));
        }
        return Mono.fromFuture(answer);
    }

    /** A member of a member, or null. */
    static @Nullable RawJson at(RawJson value, String first, String second) {
        RawJson inside = value.get(first);
        return inside == null ? null : inside.get(second);
    }

    static List<String> keys(RawJson result, ItemKind kind) {
        RawJson list = result.get(kind.listMember());
        return list == null
                ? List.of()
                : list.elements().stream()
                        .map(item -> String.valueOf(item.getString(kind.keyMember())))
                        .toList();
    }

    List<String> tools() {
        return keys(ask(Methods.TOOLS_LIST, "{}"), ItemKind.TOOL);
    }
}
