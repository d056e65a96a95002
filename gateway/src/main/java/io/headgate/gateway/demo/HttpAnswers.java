package io.headgate.gateway.demo;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import java.time.Duration;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.http.server.HttpServerResponse;

/** The HTTP forms of an answer: JSON, an event stream, or nothing but a status. */
final class HttpAnswers {
    private static final AsciiString JSON = AsciiString.cached("application/json");
    private static final AsciiString EVENT_STREAM = AsciiString.cached("text/event-stream");
    private static final AsciiString NO_CACHE = AsciiString.cached("no-cache, no-transform");
    private static final AsciiString ACCEL_BUFFERING = AsciiString.cached("x-accel-buffering");
    private static final AsciiString NO = AsciiString.cached("no");
    private static final byte[] COMMENT = Json.utf8(":\n\n");
    private static final byte[] DATA = Json.utf8("event: message\ndata: ");
    private static final byte[] END = Json.utf8("\n\n");
    private static final String PRIMING = "\nretry: 1000\ndata: \n\n";

    private HttpAnswers() {}

    static Publisher<Void> json(HttpServerResponse response, int status, byte[] json) {
        return response.status(status)
                .header(HttpHeaderNames.CONTENT_TYPE, JSON)
                .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(json.length))
                .sendObject(Unpooled.wrappedBuffer(json));
    }

    static Publisher<Void> json(HttpServerResponse response, Event event) {
        return json(response, event.status(), event.json());
    }

    static Publisher<Void> empty(HttpServerResponse response, int status) {
        return response.status(status)
                .header(HttpHeaderNames.CONTENT_LENGTH, "0")
                .send();
    }

    static Publisher<Void> stream(HttpServerResponse response, Flux<Event> events) {
        return response.status(200)
                .header(HttpHeaderNames.CONTENT_TYPE, EVENT_STREAM)
                .header(HttpHeaderNames.CACHE_CONTROL, NO_CACHE)
                .header(ACCEL_BUFFERING, NO)
                .send(events.map(HttpAnswers::render), chunk -> true);
    }

    /** JSON if the response is the first thing to be said, so that its status is its own; otherwise a stream. */
    static Publisher<Void> lazily(HttpServerResponse response, Flux<Event> events) {
        return events.switchOnFirst((first, all) -> {
            Event event = first.get();
            return event != null && event.last() ? json(response, event) : stream(response, all);
        });
    }

    /** Adds a sign of life for every silent period, which also commits an answer that takes long to a stream. */
    static Flux<Event> keptAlive(Flux<Event> events, Duration period, Scheduler timer) {
        return events.publish(shared -> {
            Mono<Event> end = shared.ignoreElements();
            Flux<Event> beats = Flux.interval(period, timer)
                    .onBackpressureDrop()
                    .map(beat -> Event.KEEP_ALIVE)
                    .takeUntilOther(end)
                    .onErrorComplete();
            return Flux.merge(shared, beats);
        });
    }

    private static ByteBuf render(Event event) {
        String id = event.id();
        if (event.json().length == 0) {
            return Unpooled.wrappedBuffer(id == null ? COMMENT : Json.utf8("id: " + id + PRIMING));
        }
        return id == null
                ? Unpooled.wrappedBuffer(DATA, event.json(), END)
                : Unpooled.wrappedBuffer(Json.utf8("id: " + id + "\n"), DATA, event.json(), END);
    }
}
