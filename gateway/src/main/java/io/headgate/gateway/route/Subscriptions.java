package io.headgate.gateway.route;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
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

    private final CatalogKeeper keeper;
    private final Scheduler timer;
    private final JsonRpc.Success end;
    private final MeterRegistry meters;
    private final Set<ListenStream> open = ConcurrentHashMap.newKeySet();
    private volatile boolean isDraining;

    Subscriptions(CatalogKeeper keeper, ResultHead head, MeterRegistry meters) {
        this.keeper = keeper;
        this.timer = keeper.timer();
        this.end = JsonRpc.Success.of(head.empty());
        this.meters = meters;
        Gauge.builder(MeterNames.SUBSCRIPTIONS, open, Set::size).register(meters);
    }

    Flux<JsonRpc> listen(Exchange exchange, View view) {
        ListenRequest request;
        try {
            request = ListenRequest.of(exchange.message().envelope(), view, this::canWatch);
        } catch (Refusal refusal) {
            meters.counter(MeterNames.MCP_REJECTED, "reason", "subscription_size")
                    .increment();
            throw refusal;
        }
        return new Listen(exchange, view, request);
    }

    private boolean canWatch(String server) {
        Upstream upstream = keeper.upstream(server);
        return upstream != null && upstream.canWatch();
    }

    /** Ends all streams with their result, and those that are opened later at once. */
    void drain() {
        isDraining = true;
        open.forEach(stream -> stream.end(end));
    }

    private void connect(ListenStream stream, Listen listen) {
        ListenRequest request = listen.request;
        stream.add(keeper.changes().listen(listen.view.scope(), methods -> {
            for (String method : methods) {
                if (request.changes().contains(method)) {
                    stream.changed(method);
                }
            }
        }));
        Set<String> awaited = ConcurrentHashMap.newKeySet();
        for (Upstream upstream : keeper.upstreams(listen.view.scope())) {
            if (isAcknowledged(upstream, listen)) {
                awaited.add(upstream.name());
            }
        }
        for (Upstream upstream : keeper.upstreams(listen.view.scope())) {
            List<String> uris = request.bareUris().getOrDefault(upstream.name(), List.of());
            // What a legacy server says outside of any call comes on the client's own session there.
            boolean hasSession =
                    listen.exchange.session() != null && upstream.state().era() != Era.MODERN;
            if (hasSession || !uris.isEmpty()) {
                stream.add(hear(upstream, uris, listen, stream, awaited));
            }
        }
        if (awaited.isEmpty()) {
            stream.open();
        } else {
            // A server that does not answer must not keep the client from what the others say.
            stream.add(timer.schedule(stream::open, ACKNOWLEDGE_WITHIN.toMillis(), TimeUnit.MILLISECONDS));
        }
    }

    /** True if the server will say when it has begun to watch the client's resources. */
    private static boolean isAcknowledged(Upstream upstream, Listen listen) {
        boolean onOwnSession =
                listen.exchange.session() != null && upstream.state().era() != Era.MODERN;
        return !onOwnSession && listen.request.bareUris().containsKey(upstream.name());
    }

    private Disposable hear(
            Upstream upstream, List<String> uris, Listen listen, ListenStream stream, Set<String> awaited) {
        Exchange there = listen.exchange.withTarget(new Target(upstream.name()));
        Namespace namespace = listen.view.renamed(upstream.name());
        return Flux.defer(() -> upstream.listen(there, uris))
                .repeatWhen(ends -> ends.delayElements(PAUSE_AFTER_END, timer))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_RETRY)
                        .maxBackoff(LONGEST_RETRY)
                        .jitter(0.5)
                        .scheduler(timer))
                .subscribe(
                        message -> {
                            if (!isAcknowledgement(message)) {
                                take(message, upstream.name(), namespace, listen, stream);
                            } else if (awaited.remove(upstream.name()) && awaited.isEmpty()) {
                                stream.open();
                            }
                        },
                        error -> {});
    }

    private static boolean isAcknowledgement(JsonRpc message) {
        return message instanceof JsonRpc.Notification notification
                && notification.method().equals(Methods.ACKNOWLEDGED);
    }

    private void take(
            JsonRpc message, String server, @Nullable Namespace namespace, Listen listen, ListenStream stream) {
        if (message instanceof JsonRpc.Notification notification) {
            if (LIST_CHANGES.contains(notification.method())) {
                // The client would list what the catalogue does not have yet; it is told when the catalogue has it.
                keeper.signal(server, notification.method());
                return;
            }
            if (notification.method().equals(Methods.RESOURCE_UPDATED)) {
                JsonRpc.Notification update =
                        namespace == null ? notification : StructuralUris.renameInUpdate(namespace, notification);
                RawJson params = update.params();
                String uri = params == null ? null : params.getString("uri");
                if (uri != null) {
                    stream.updated(uri, update);
                }
                return;
            }
        }
        // A listener without a session asked for changes and updates, and for nothing else.
        if (listen.exchange.session() != null && !(message instanceof JsonRpc.Response)) {
            stream.message(message);
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
            ListenStream stream = new ListenStream(actual, request.acknowledgement());
            open.add(stream);
            stream.add(() -> open.remove(stream));
            actual.onSubscribe(stream);
            connect(stream, this);
            if (isDraining) {
                stream.end(end);
            }
        }
    }
}
