package io.headgate.gateway.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A fixed number of workers; a job that finds none free waits its turn. */
final class Workers {
    private static final int MAX_WAITING = 10_000;

    private final Deque<Turn> waiting = new ArrayDeque<>();
    private int free;

    Workers(int count) {
        this.free = count;
    }

    /** The job, done by one worker from its first to its last signal, cancellation included. */
    <T> Flux<T> run(Flux<T> job) {
        return Flux.defer(() -> {
            Turn turn = new Turn();
            return take(turn).thenMany(job).doFinally(end -> leave(turn));
        });
    }

    private synchronized Mono<Void> take(Turn turn) {
        if (free > 0) {
            free--;
            turn.working = true;
            return Mono.empty();
        }
        if (waiting.size() >= MAX_WAITING) {
            return Mono.error(new RpcFailure(200, RpcFailure.INTERNAL, "Too many calls are waiting for a worker"));
        }
        waiting.add(turn);
        return turn.start.asMono();
    }

    private void leave(Turn turn) {
        Turn next = successor(turn);
        if (next != null) {
            // A turn that was cancelled meanwhile does not start, and hands its worker on when it leaves.
            var unused = next.start.tryEmitEmpty();
        }
    }

    private synchronized @Nullable Turn successor(Turn turn) {
        if (!turn.working) {
            waiting.remove(turn);
            return null;
        }
        Turn next = waiting.poll();
        if (next == null) {
            free++;
            return null;
        }
        next.working = true;
        return next;
    }

    private static final class Turn {
        private final Sinks.Empty<Void> start = Sinks.empty();
        private boolean working;
    }
}
