package io.headgate.gateway.upstream.legacy;

import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.UpstreamMeters.Renewed;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

/**
 * Tells clients without a session of resources, by the gateway's own: each is subscribed to once, however many
 * listen for it.
 *
 * <p>Listeners come and go on any thread while the server is told one thing after another, so that the last word on a
 * resource is the one that holds.
 */
final class SharedSubscriptions {
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private final LegacyBack back;
    private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();

    // All below is guarded by this.
    private final Map<String, Integer> wanted = new HashMap<>();
    private final Set<String> subscribed = new HashSet<>();
    /** What the server has to be told of next. */
    private final Set<String> unsettled = new LinkedHashSet<>();

    /** What may have changed before the server is told of it again. */
    private final Set<String> missed = new HashSet<>();

    private boolean isWorking;

    private record Listener(Set<String> uris, Set<String> awaited, FluxSink<JsonRpc> sink) {
        /** The server has answered for one more of them. */
        void settled(String uri) {
            if (awaited.remove(uri) && awaited.isEmpty()) {
                var unused = sink.next(new JsonRpc.Notification(Methods.ACKNOWLEDGED, null));
            }
        }

        /** A server may name a part of what was subscribed to. */
        void updated(String uri, JsonRpc update) {
            for (String watched : uris) {
                if (uri.startsWith(watched)) {
                    var unused = sink.next(update);
                    return;
                }
            }
        }
    }

    SharedSubscriptions(LegacyBack back) {
        this.back = back;
    }

    /** An acknowledgement once the server knows, then the updates. */
    Flux<JsonRpc> listen(List<String> uris) {
        // Whoever listens here takes everything at once, and gathers it for the client.
        return Flux.create(
                sink -> {
                    Set<String> awaited = ConcurrentHashMap.newKeySet();
                    awaited.addAll(uris);
                    Listener listener = new Listener(Set.copyOf(uris), awaited, sink);
                    listeners.add(listener);
                    var unused = sink.onDispose(() -> {
                        listeners.remove(listener);
                        listener.uris().forEach(this::release);
                        work();
                    });
                    listener.uris().forEach(this::retain);
                    work();
                },
                FluxSink.OverflowStrategy.DROP);
    }

    void updated(@Nullable RawJson params) {
        String uri = params == null ? null : params.getString("uri");
        if (uri != null) {
            JsonRpc.Notification update = new JsonRpc.Notification(Methods.RESOURCE_UPDATED, params);
            listeners.forEach(listener -> listener.updated(uri, update));
        }
    }

    /** Updates may have been missed: the listeners have to look for themselves. */
    void gap() {
        List<String> all;
        synchronized (this) {
            all = List.copyOf(wanted.keySet());
        }
        all.forEach(uri -> updated(update(uri).params()));
    }

    /** What says that a resource may be another one. */
    static JsonRpc.Notification update(String uri) {
        return new JsonRpc.Notification(
                Methods.RESOURCE_UPDATED, RawJson.of("{\"uri\":" + JsonStrings.quote(uri) + "}"));
    }

    /** The session is another one, and knows nothing of the former's subscriptions. */
    void startAgain() {
        synchronized (this) {
            subscribed.clear();
            unsettled.addAll(wanted.keySet());
            missed.addAll(wanted.keySet());
        }
        work();
    }

    private synchronized void retain(String uri) {
        wanted.merge(uri, 1, Integer::sum);
        unsettled.add(uri);
    }

    private synchronized void release(String uri) {
        wanted.computeIfPresent(uri, (same, count) -> count == 1 ? null : count - 1);
        unsettled.add(uri);
    }

    private void work() {
        synchronized (this) {
            if (isWorking || unsettled.isEmpty()) {
                return;
            }
            isWorking = true;
        }
        Mono.defer(this::settleNext).repeat(this::goesOn).subscribe(new Unheeded());
    }

    private synchronized boolean goesOn() {
        isWorking = !unsettled.isEmpty();
        return isWorking;
    }

    private Mono<Void> settleNext() {
        String uri;
        boolean wants;
        boolean isSettled;
        synchronized (this) {
            Iterator<String> next = unsettled.iterator();
            uri = next.next();
            next.remove();
            wants = wanted.containsKey(uri);
            isSettled = wants == subscribed.contains(uri);
        }
        Mono<Void> told = isSettled ? Mono.empty() : tell(uri, wants);
        return told.doFinally(end -> {
            listeners.forEach(listener -> listener.settled(uri));
            boolean isMissed;
            synchronized (this) {
                isMissed = missed.remove(uri);
            }
            if (isMissed) {
                back.client.meters().renewed(Renewed.SUBSCRIPTION);
                // Told afterwards, so that no update falls between.
                updated(update(uri).params());
            }
        });
    }

    private Mono<Void> tell(String uri, boolean wants) {
        return back.callOwn(wants ? back.subscribe(uri) : back.unsubscribe(uri))
                .last()
                .timeout(LONGEST)
                .doOnNext(response -> told(uri, wants && response instanceof JsonRpc.Success))
                // A server that does not answer is told again when it has a new session.
                .onErrorComplete()
                .then();
    }

    private synchronized void told(String uri, boolean isSubscribed) {
        if (isSubscribed) {
            subscribed.add(uri);
        } else {
            subscribed.remove(uri);
        }
    }
}
