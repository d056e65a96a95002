package io.headgate.gateway.upstream.legacy;

import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.call.Backlog;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** What a server sent to one client outside of any call; held within a bound until somebody listens. */
final class Inbox {
    private final UpstreamMeters meters;
    private final InboxQueue held;

    /** Resources that may have changed while the client did not listen. */
    private final Set<String> missed = new LinkedHashSet<>();

    private Sinks.@Nullable Many<JsonRpc> listener;

    Inbox(UpstreamMeters meters) {
        this.meters = meters;
        this.held = new InboxQueue(meters, this::lose);
    }

    /** Everything that is held and comes later; a new listener takes the place of an older one. */
    Flux<JsonRpc> listen() {
        return Flux.defer(() -> {
            InboxQueue waiting = new InboxQueue(meters, this::lose);
            Sinks.Many<JsonRpc> sink = Sinks.many().unicast().onBackpressureBuffer(waiting);
            open(sink);
            return sink.asFlux().doFinally(end -> {
                close(sink);
                waiting.clear();
            });
        });
    }

    synchronized boolean isHeard() {
        return listener != null;
    }

    /** Resources may have changed unseen; a client that does not listen is told when it does. */
    void updated(List<String> uris) {
        boolean isHeard;
        synchronized (this) {
            isHeard = listener != null;
            if (!isHeard) {
                missed.addAll(uris);
            }
        }
        if (isHeard) {
            uris.forEach(uri -> deliver(SharedSubscriptions.update(uri)));
        }
    }

    /** Takes a message; what it is a slice of is not kept with it. */
    void deliver(JsonRpc message) {
        JsonRpc kept = compact(message);
        List<JsonRpc> lost = List.of();
        synchronized (this) {
            Sinks.Many<JsonRpc> current = listener;
            if (current == null) {
                lost = held.push(kept);
            } else if (current.tryEmitNext(kept).isFailure()) {
                lost = List.of(kept);
            }
        }
        lost.forEach(this::lose);
    }

    private void lose(JsonRpc message) {
        meters.count(UpstreamFault.MESSAGES_DROPPED);
        Backlog.refuse(message);
    }

    private static JsonRpc compact(JsonRpc message) {
        if (message instanceof JsonRpc.Notification said && isLoose(said.params())) {
            return new JsonRpc.Notification(said.method(), copy(said.params()));
        }
        return message instanceof JsonRpc.Question asked && isLoose(asked.params())
                ? new JsonRpc.Question(asked.method(), copy(asked.params()), asked.answer())
                : message;
    }

    private static boolean isLoose(@Nullable RawJson params) {
        return params != null && params.retained() > 2L * params.length();
    }

    private static @Nullable RawJson copy(@Nullable RawJson params) {
        return params == null ? null : params.copy();
    }

    /** The session is over, and nobody will listen to what it said. */
    void discard() {
        held.clear();
    }

    private synchronized void open(Sinks.Many<JsonRpc> sink) {
        Sinks.Many<JsonRpc> former = listener;
        listener = sink;
        missed.forEach(uri -> sink.emitNext(SharedSubscriptions.update(uri), Sinks.EmitFailureHandler.FAIL_FAST));
        missed.clear();
        held.takeAll().forEach(message -> sink.emitNext(message, Sinks.EmitFailureHandler.FAIL_FAST));
        if (former != null) {
            former.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }

    private synchronized void close(Sinks.Many<JsonRpc> sink) {
        if (listener == sink) {
            listener = null;
        }
    }
}
