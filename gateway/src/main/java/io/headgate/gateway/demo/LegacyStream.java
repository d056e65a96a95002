package io.headgate.gateway.demo;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * One response stream of a session, which outlives the connection that carries it. Its events are numbered, and the
 * latest are kept so that a client which was cut off can have the rest. While a client is attached, its demand is the
 * demand on the source; without one the source runs on and the oldest events are forgotten.
 */
final class LegacyStream extends BaseSubscriber<Event> {
    private static final int KEPT = 1_024;
    private static final Duration GRACE = Duration.ofMillis(100);

    private final long number;
    private final boolean primed;
    private final Sinks.Many<Numbered> events = Sinks.unsafe().many().replay().limit(KEPT);
    private long next;
    private boolean ended;
    private boolean named;
    private Sinks.@Nullable Empty<Void> attachment;

    /** A primed stream starts with an event without data, so that the client has an id to come back with. */
    LegacyStream(long number, boolean primed) {
        this.number = number;
        this.primed = primed;
    }

    private record Numbered(long number, Event event) {}

    /** Starts with the source; an answer that comes soon stays alone, so that it can be plain JSON. */
    void start(Flux<Event> source, Scheduler timer) {
        source.subscribe(this);
        if (primed && !ended()) {
            var unused = timer.schedule(this::prime, GRACE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** The events after the given one, then those to come; whoever was attached before is let go. */
    Flux<Event> attach(long after) {
        return Flux.defer(() -> {
            Sinks.Empty<Void> end = Sinks.empty();
            long live = replace(end);
            return events.asFlux()
                    .takeUntil(event -> event.event() == Event.DETACH && event.number() >= live)
                    .filter(event -> event.number() > after && event.event() != Event.DETACH)
                    .map(Numbered::event)
                    .takeUntilOther(end.asMono())
                    .doOnRequest(this::requestMore)
                    .doFinally(signal -> leave(end));
        });
    }

    /** Only what happens from now on; for a client that has missed nothing that it knows of. */
    Flux<Event> attachLive() {
        long before;
        synchronized (this) {
            before = next - 1;
            if (primed && !ended) {
                emitNumbered(Event.KEEP_ALIVE);
            }
        }
        return attach(before);
    }

    long number() {
        return number;
    }

    /** Whether a client can come back for more: it has been given an id, and the end is still to be delivered. */
    synchronized boolean resumable(boolean delivered) {
        return named && !(ended && delivered);
    }

    synchronized boolean attached() {
        return attachment != null;
    }

    synchronized boolean ended() {
        return ended;
    }

    /** Sends something that no request asked for. */
    void say(Event event) {
        emit(event);
    }

    /** Ends the stream without a response. */
    void end() {
        cancel();
        complete();
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        // Nothing is requested before a client is attached and wants it.
    }

    @Override
    protected void hookOnNext(Event event) {
        emit(event);
    }

    @Override
    protected void hookFinally(SignalType type) {
        complete();
    }

    /** Gives the client an id to come back with, if it has none yet. */
    private synchronized void prime() {
        if (primed && next == 0 && !ended) {
            emitNumbered(Event.KEEP_ALIVE);
        }
    }

    private synchronized void emit(Event event) {
        if (ended) {
            return;
        }
        if (!event.last()) {
            prime();
        }
        emitNumbered(event);
    }

    private void emitNumbered(Event event) {
        long sequence = next++;
        named |= !event.last();
        Event sent = event == Event.DETACH ? event : event.withId(number + "-" + sequence);
        var unused = events.tryEmitNext(new Numbered(sequence, sent));
    }

    private synchronized void complete() {
        if (!ended) {
            ended = true;
            var unused = events.tryEmitComplete();
        }
    }

    private void requestMore(long n) {
        if (upstream() != null) {
            request(n);
        }
    }

    /** Takes the place of whoever was attached; returns the number of the first event that is not a replay. */
    private long replace(Sinks.Empty<Void> end) {
        Sinks.Empty<Void> before;
        long live;
        synchronized (this) {
            before = attachment;
            attachment = end;
            live = next;
        }
        if (before != null) {
            var unused = before.tryEmitEmpty();
        }
        return live;
    }

    private void leave(Sinks.Empty<Void> end) {
        synchronized (this) {
            if (attachment == end) {
                attachment = null;
            }
        }
        requestMore(Long.MAX_VALUE);
    }
}
