package io.headgate.gateway.route;

import io.headgate.filter.ClientSession;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.CatalogKeeper;
import io.headgate.gateway.route.catalog.Namespace;
import io.headgate.gateway.route.catalog.Servers;
import io.headgate.gateway.route.catalog.View;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/** Answers {@code subscriptions/listen}: one stream per listener, fed by the catalogue and by the servers it needs. */
final class Subscriptions {
    private static final Set<String> LIST_CHANGES =
            Set.of(Methods.TOOLS_CHANGED, Methods.PROMPTS_CHANGED, Methods.RESOURCES_CHANGED);
    private static final Duration ACKNOWLEDGE_WITHIN = Duration.ofSeconds(2);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration PAUSE_AFTER_END = Duration.ofSeconds(10);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(60);

    /** No server has such a name. */
    private static final String TASKS_OF = "tasks of ";

    private final CatalogKeeper keeper;
    private final Watches watches;
    private final Scheduler timer;
    private final JsonRpc.Success end;
    private final Tasks tasks;
    private final MeterRegistry meters;
    private final Set<Listening> open = ConcurrentHashMap.newKeySet();
    private volatile boolean isDraining;

    Subscriptions(CatalogKeeper keeper, Watches watches, Tasks tasks, ResultHead head, MeterRegistry meters) {
        this.tasks = tasks;
        this.keeper = keeper;
        this.watches = watches;
        this.timer = keeper.timer();
        this.end = JsonRpc.Success.of(head.empty());
        this.meters = meters;
        Gauge.builder(MeterNames.SUBSCRIPTIONS, open, Set::size).register(meters);
    }

    Flux<JsonRpc> listen(Exchange exchange, View view) {
        ListenRequest request;
        try {
            request = ListenRequest.of(exchange, view, tasks, server -> canWatch(view, server));
        } catch (Refusal refusal) {
            if (refusal.reason() == Refusal.Reason.INVALID_PARAMS) {
                meters.counter(MeterNames.MCP_REJECTED, "reason", "subscription_size")
                        .increment();
            }
            throw refusal;
        }
        return new Listen(exchange, view, request);
    }

    private boolean canWatch(View view, String server) {
        Upstream upstream = keeper.servers().upstream(server);
        return upstream != null && view.mayTellOfUpdates(server) && upstream.canWatch();
    }

    /** Ends all streams with their result, and those that are opened later at once. */
    void drain() {
        isDraining = true;
        open.forEach(listening -> listening.stream.end(end));
    }

    /** Brings all streams to the servers that are served now; one of a server that is no more ends. */
    void follow() {
        open.forEach(Listening::follow);
    }

    /** True if the server will say when it has begun to watch the client's resources. */
    private static boolean isAcknowledged(Upstream upstream, Listen listen) {
        return !hasSession(upstream, listen) && listen.request.bareUris().containsKey(upstream.name());
    }

    /** True if what the server says outside of any call comes on the client's own session there. */
    private static boolean hasSession(Upstream upstream, Listen listen) {
        return listen.exchange.session() != null && upstream.state().keepsSessions();
    }

    private Disposable hear(
            Supplier<Flux<JsonRpc>> source, Consumer<JsonRpc> heard, Consumer<@Nullable RawJson> acknowledged) {
        return Flux.defer(source)
                .repeatWhen(ends -> ends.delayElements(PAUSE_AFTER_END, timer))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_RETRY)
                        .maxBackoff(LONGEST_RETRY)
                        .jitter(0.5)
                        .scheduler(timer))
                .subscribe(
                        message -> {
                            if (message instanceof JsonRpc.Notification notification
                                    && notification.method().equals(Methods.ACKNOWLEDGED)) {
                                acknowledged.accept(notification.params());
                            } else {
                                heard.accept(message);
                            }
                        },
                        error -> {});
    }

    /** A listener that reads slowly gets the last news of each task: they say all that the earlier ones did. */
    private void takeTask(
            JsonRpc message, String server, @Nullable Namespace renamed, Map<String, String> ids, ListenStream stream) {
        if (!(message instanceof JsonRpc.Notification news) || !news.method().equals(Methods.TASK_CHANGED)) {
            return;
        }
        RawJson params = news.params();
        RawJson id = params == null ? null : params.get("taskId");
        String bare = id == null ? null : id.string();
        String sealed = bare == null ? null : ids.get(bare);
        if (params == null || id == null || sealed == null) {
            meters.counter(MeterNames.UPSTREAM_FAULTS, "upstream", server, "reason", "subscription_unrequested")
                    .increment();
            return;
        }
        stream.updated(sealed, Tasks.renameInNews(renamed, news, params, id, sealed));
    }

    private void take(JsonRpc said, String server, @Nullable Namespace namespace, Listen listen, ListenStream stream) {
        JsonRpc message = namespace != null && said instanceof JsonRpc.Notification bare
                ? ClientWords.inClientWords(namespace, bare)
                : said;
        if (message instanceof JsonRpc.Notification notification) {
            if (LIST_CHANGES.contains(notification.method())) {
                // The client would list what the catalogue does not have yet; it is told when the catalogue has it.
                keeper.signal(server, notification.method());
                return;
            }
            if (notification.method().equals(Methods.RESOURCE_UPDATED)) {
                RawJson params = notification.params();
                String uri = params == null ? null : params.getString("uri");
                if (uri != null) {
                    stream.updated(uri, notification);
                }
                return;
            }
        }
        // A listener without a session asked for changes and updates, and for nothing else.
        if (listen.exchange.session() != null && !(message instanceof JsonRpc.Response)) {
            stream.message(message);
        }
    }

    /** What servers have to say before a listener can be told what of its wishes is honoured. */
    private static final class Acknowledgements {
        private final ListenRequest request;
        private final ListenStream stream;
        private final Set<String> awaited = ConcurrentHashMap.newKeySet();
        private final Set<String> refused = ConcurrentHashMap.newKeySet();

        Acknowledgements(ListenRequest request, ListenStream stream) {
            this.request = request;
            this.stream = stream;
        }

        void add(String what) {
            awaited.add(what);
        }

        boolean isEmpty() {
            return awaited.isEmpty();
        }

        /** Takes a server's own acknowledgement: what it leaves out cannot be promised. */
        void take(String what, @Nullable RawJson params, Map<String, String> uris) {
            Set<String> honoured = ListenRequest.urisIn(params);
            if (honoured != null) {
                uris.forEach((bare, uri) -> {
                    if (!honoured.contains(bare)) {
                        refused.add(uri);
                    }
                });
            }
            if (awaited.remove(what) && awaited.isEmpty()) {
                open();
            }
        }

        void open() {
            stream.open(request.acknowledgement(refused));
        }
    }

    /** A stream for each subscriber. */
    private final class Listen extends Flux<JsonRpc> {
        private final Exchange exchange;
        private final View view;
        private final ListenRequest request;

        Listen(Exchange exchange, View view, ListenRequest request) {
            this.exchange = exchange;
            this.view = view;
            this.request = request;
        }

        @Override
        public void subscribe(CoreSubscriber<? super JsonRpc> actual) {
            ListenStream stream = new ListenStream(actual, request.acknowledgement(Set.of()));
            Listening listening = new Listening(stream, this);
            open.add(listening);
            stream.add(() -> open.remove(listening));
            stream.add(listening);
            ClientSession session = exchange.session();
            if (session != null) {
                stream.add(watches.deliver(session, stream));
            }
            actual.onSubscribe(stream);
            listening.begin();
            if (isDraining) {
                stream.end(end);
            }
        }
    }

    /** What one stream hears, and from which servers. */
    private final class Listening implements Disposable {
        private final ListenStream stream;
        private final Listen listen;
        private final Acknowledgements awaited;
        /** By upstream: a server that is changed has another one under the same name. */
        private final Map<Upstream, Disposable> heard = new HashMap<>();

        private boolean isOver;

        Listening(ListenStream stream, Listen listen) {
            this.stream = stream;
            this.listen = listen;
            this.awaited = new Acknowledgements(listen.request, stream);
        }

        void begin() {
            ListenRequest request = listen.request;
            stream.add(keeper.changes().listen(listen.view.scope(), methods -> {
                for (String method : methods) {
                    if (request.changes().contains(method)) {
                        stream.changed(method);
                    }
                }
            }));
            for (Upstream upstream : keeper.servers().upstreams(listen.view.scope())) {
                if (isAcknowledged(upstream, listen)) {
                    awaited.add(upstream.name());
                }
                if (request.tasks().containsKey(upstream.name())) {
                    awaited.add(TASKS_OF + upstream.name());
                }
            }
            follow();
            if (awaited.isEmpty()) {
                awaited.open();
            } else {
                // A server that does not answer must not keep the client from what the others say.
                stream.add(timer.schedule(awaited::open, ACKNOWLEDGE_WITHIN.toMillis(), TimeUnit.MILLISECONDS));
            }
        }

        void follow() {
            boolean isServed;
            synchronized (this) {
                Servers now = keeper.servers();
                String scope = listen.view.scope();
                isServed = now.knows(scope);
                List<Upstream> upstreams = now.upstreams(scope);
                heard.entrySet().removeIf(each -> {
                    boolean isGone = !upstreams.contains(each.getKey());
                    if (isGone) {
                        each.getValue().dispose();
                    }
                    return isGone;
                });
                for (Upstream upstream : upstreams) {
                    if (!isOver && !heard.containsKey(upstream)) {
                        heard.put(upstream, hear(upstream, now.namespace(scope, upstream.name())));
                    }
                }
            }
            if (!isServed) {
                stream.end(end);
            }
        }

        private Disposable hear(Upstream upstream, @Nullable Namespace renamed) {
            Disposable.Composite sources = Disposables.composite();
            ListenRequest request = listen.request;
            Map<String, String> uris = request.bareUris().getOrDefault(upstream.name(), Map.of());
            Exchange there = listen.exchange.withTarget(new Target(upstream.name()));
            if (hasSession(upstream, listen) || !uris.isEmpty()) {
                sources.add(Subscriptions.this.hear(
                        () -> upstream.listen(there, List.copyOf(uris.keySet())),
                        message -> take(message, upstream.name(), renamed, listen, stream),
                        params -> awaited.take(upstream.name(), params, uris)));
            }
            Map<String, String> ids = request.tasks().getOrDefault(upstream.name(), Map.of());
            if (!ids.isEmpty()) {
                sources.add(Subscriptions.this.hear(
                        () -> upstream.watchTasks(there, List.copyOf(ids.keySet())),
                        message -> takeTask(message, upstream.name(), renamed, ids, stream),
                        params -> awaited.take(TASKS_OF + upstream.name(), params, Map.of())));
            }
            return sources;
        }

        @Override
        public synchronized void dispose() {
            isOver = true;
            heard.values().forEach(Disposable::dispose);
            heard.clear();
        }
    }
}
