package io.headgate.gateway.upstream;

import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RpcCodes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** What a server sent to one client outside of any call; held within a bound until somebody listens. */
final class Inbox {
    static final JsonRpc.Failure NOBODY =
            new JsonRpc.Failure(RpcCodes.METHOD_NOT_FOUND, "no client can answer this", null);
    private static final int MAX_HELD = 64;

    private final UpstreamMeters meters;
    private final Deque<JsonRpc> held = new ArrayDeque<>();
    /** Resources that may have changed while the client did not listen. */
    private final Set<String> missed = new LinkedHashSet<>();

    private Sinks.@Nullable Many<JsonRpc> listener;

    Inbox(UpstreamMeters meters) {
        this.meters = meters;
    }

    /** Everything that is held and comes later; a new listener takes the place of an older one. */
    Flux<JsonRpc> listen() {
        return Flux.defer(() -> {
            Sinks.Many<JsonRpc> sink = Sinks.many().unicast().onBackpressureBuffer(new ArrayBlockingQueue<>(MAX_HELD));
            open(sink);
            return sink.asFlux().doFinally(end -> close(sink));
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

    void deliver(JsonRpc message) {
        JsonRpc lost = null;
        synchronized (this) {
            Sinks.Many<JsonRpc> current = listener;
            if (current == null) {
                lost = held.size() < MAX_HELD ? null : held.poll();
                held.add(message);
            } else if (current.tryEmitNext(message).isFailure()) {
                lost = message;
            }
        }
        if (lost != null) {
            meters.count(Fault.MESSAGES_DROPPED);
            if (lost instanceof JsonRpc.Question question) {
                question.answer().accept(NOBODY);
            }
        }
    }

    private synchronized void open(Sinks.Many<JsonRpc> sink) {
        Sinks.Many<JsonRpc> former = listener;
        listener = sink;
        missed.forEach(uri -> sink.emitNext(SharedSubscriptions.update(uri), Sinks.EmitFailureHandler.FAIL_FAST));
        missed.clear();
        held.forEach(message -> sink.emitNext(message, Sinks.EmitFailureHandler.FAIL_FAST));
        held.clear();
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
