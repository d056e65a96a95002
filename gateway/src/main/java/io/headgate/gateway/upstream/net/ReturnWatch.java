package io.headgate.gateway.upstream.net;

import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/**
 * Notices when a server that was away is back, and lets those who lost something there set it up again, one after
 * another.
 *
 * <p>While no connection can be made, one of them tries about every second, however many wait and however long it takes.
 * Any answer of the server, to that one or to any call, lets the others follow at a pace that leaves room for the calls
 * of clients.
 */
public final class ReturnWatch {
    /**
     * A session with its stream and a request cost a server of the Python SDK 1 about 10 ms of processor time when this
     * was measured, and one of the TypeScript SDK 1 about 6 ms: half of a core, and the rest is for calls.
     */
    static final int PER_SECOND = 50;

    private static final long SPACING_NANOS = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
    private static final long LEAST_PROBE_MILLIS = 400;
    private static final long MOST_PROBE_MILLIS = 800;
    private static final long MOST_MILLIS_OF_FIRST = 10_000;

    private final Scheduler timer;
    private final Disposable.Swap scheduled = Disposables.swap();
    private volatile boolean isAway;

    // All below is guarded by this.
    private final Set<Turn> paused = new HashSet<>();
    private final Set<Turn> first = new LinkedHashSet<>();
    private final Set<Turn> others = new LinkedHashSet<>();
    private boolean isScheduled;
    private boolean isClosed;
    private long nextNanos;

    /** One that waits, for itself or for many. */
    private static final class Turn {
        private final MonoSink<Void> sink;
        private final boolean servesMany;
        private final Disposable.Swap pause = Disposables.swap();

        Turn(MonoSink<Void> sink, boolean servesMany) {
            this.sink = sink;
            this.servesMany = servesMany;
        }
    }

    ReturnWatch(Scheduler timer) {
        this.timer = timer;
        this.nextNanos = timer.now(TimeUnit.NANOSECONDS);
    }

    /** No connection could be made. */
    void away() {
        isAway = true;
    }

    /** The server has answered something. */
    void answered() {
        if (isAway) {
            isAway = false;
            synchronized (this) {
                isScheduled = false;
                schedule();
            }
        }
    }

    /** What serves many works again, so the others need not wait until their pauses are over. */
    public synchronized void works() {
        paused.forEach(this::queue);
        paused.clear();
        schedule();
    }

    /** How many wait for their turn. */
    public synchronized int waiting() {
        return paused.size() + first.size() + others.size();
    }

    /**
     * Completes when it is time for another attempt: after the pause, or, where the server is away, when it is back.
     * What serves many goes before what serves one client, and waits less long.
     */
    public Mono<Void> turn(Backoff attempts, boolean servesMany) {
        return Mono.defer(() -> {
            if (isAway) {
                attempts.forget();
                return turn(servesMany);
            }
            long pause = attempts.pauseMillis();
            return turn(servesMany, servesMany ? Math.min(pause, MOST_MILLIS_OF_FIRST) : pause);
        });
    }

    /** Completes when it is one's turn, without a pause before that. */
    public Mono<Void> turn(boolean servesMany) {
        return turn(servesMany, 0);
    }

    private Mono<Void> turn(boolean servesMany, long pauseMillis) {
        return Mono.create(sink -> {
            Turn turn = new Turn(sink, servesMany);
            var unused = sink.onDispose(() -> forget(turn));
            synchronized (this) {
                if (isClosed) {
                    return;
                }
                if (pauseMillis == 0) {
                    queue(turn);
                    schedule();
                    return;
                }
                paused.add(turn);
            }
            turn.pause.update(timer.schedule(() -> resume(turn), pauseMillis, TimeUnit.MILLISECONDS));
        });
    }

    /** Those who wait now wait for ever. */
    void close() {
        synchronized (this) {
            isClosed = true;
            paused.clear();
            first.clear();
            others.clear();
        }
        scheduled.dispose();
    }

    private void queue(Turn turn) {
        (turn.servesMany ? first : others).add(turn);
    }

    private synchronized void resume(Turn turn) {
        if (paused.remove(turn)) {
            queue(turn);
            schedule();
        }
    }

    private synchronized void forget(Turn turn) {
        turn.pause.dispose();
        paused.remove(turn);
        first.remove(turn);
        others.remove(turn);
    }

    private synchronized void schedule() {
        if (isScheduled || isClosed || (first.isEmpty() && others.isEmpty())) {
            return;
        }
        isScheduled = true;
        long nanos = isAway
                ? TimeUnit.MILLISECONDS.toNanos(
                        ThreadLocalRandom.current().nextLong(LEAST_PROBE_MILLIS, MOST_PROBE_MILLIS + 1))
                : Math.max(1, nextNanos - timer.now(TimeUnit.NANOSECONDS));
        scheduled.update(timer.schedule(this::next, nanos, TimeUnit.NANOSECONDS));
    }

    private void next() {
        Turn turn;
        synchronized (this) {
            isScheduled = false;
            nextNanos = timer.now(TimeUnit.NANOSECONDS) + SPACING_NANOS;
            turn = poll(first);
            if (turn == null) {
                turn = poll(others);
            }
            schedule();
        }
        if (turn != null) {
            turn.sink.success();
        }
    }

    private static @Nullable Turn poll(Set<Turn> line) {
        Iterator<Turn> all = line.iterator();
        if (!all.hasNext()) {
            return null;
        }
        Turn next = all.next();
        all.remove();
        return next;
    }
}
