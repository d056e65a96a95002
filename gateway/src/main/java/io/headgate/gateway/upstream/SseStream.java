package io.headgate.gateway.upstream;

import io.headgate.gateway.upstream.OutgoingRequest.Method;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The event stream of a session over HTTP+SSE: first it says where to post, then it carries everything that the server
 * sends. It is never resumed, for the revision has no means for that: its end is the session's.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
final class SseStream extends RoundTrip {
    private static final String ENDPOINT = "endpoint";

    private final SseSession session;
    private final UpstreamMeters meters;
    private final SseParser events;
    private final Sinks.One<String> endpoint = Sinks.one();
    private boolean streaming;
    private boolean located;
    private volatile boolean stopped;

    SseStream(HttpClient client, SseSession session) {
        super(client.pool());
        this.session = session;
        this.meters = client.meters;
        this.events = new SseParser(client.limits.messageBytes(), ENDPOINT);
    }

    /** The path to post to, or a Refusal. */
    Mono<String> endpoint() {
        return endpoint.asMono();
    }

    void run() {
        pool.loop.execute(() -> {
            if (!stopped) {
                submit(new OutgoingRequest(Method.GET, null));
            }
        });
    }

    void stop() {
        stopped = true;
        if (!pool.loop.isShuttingDown()) {
            pool.loop.execute(this::abort);
        }
    }

    @Override
    boolean isStanding() {
        return true;
    }

    @Override
    void onHead(int status, HttpHeaders headers) {
        String type = headers.get(HttpHeaderNames.CONTENT_TYPE);
        boolean isStream = status == 200 && AnswerHead.isType(type, "text/event-stream");
        if (isStream && !headers.contains(HttpHeaderNames.CONTENT_ENCODING)) {
            streaming = true;
            return;
        }
        linger();
        Fault fault = AnswerHead.faultOf(status);
        if (fault == null) {
            fault = isStream
                    ? Fault.CONTENT_ENCODING
                    : status >= 500 ? Fault.SERVER_ERROR : status >= 300 ? Fault.CLIENT_ERROR : Fault.CONTENT_TYPE;
        }
        stopped = true;
        refuse(meters.refuse(fault, AnswerHead.retryAfter(headers)));
        session.doubt(fault);
    }

    @Override
    void onBody(ByteBuf bytes) {
        try {
            while (streaming && events.next(bytes)) {
                int length = events.dataLength();
                take(events.takeData(), length);
            }
        } catch (SseParser.TooLargeException tooLarge) {
            cut(Fault.SSE_LINE);
        }
    }

    private void take(byte[] data, int length) {
        if (!events.isWanted()) {
            if (located) {
                session.receive(data, length);
            } else {
                cut(Fault.NO_ENDPOINT);
            }
            return;
        }
        if (located) {
            // Calls are on their way to the first one.
            meters.count(Fault.BAD_EVENT);
            return;
        }
        String path = Endpoint.path(pool.client.url(), new String(data, 0, length, StandardCharsets.UTF_8));
        if (path == null) {
            cut(Fault.FOREIGN_ENDPOINT);
            return;
        }
        located = true;
        // Nobody waits any more if it took too long.
        Sinks.EmitResult unused = endpoint.tryEmitValue(path);
    }

    @Override
    void onEnd() {
        if (streaming) {
            ends(located ? Fault.SSE_NO_RESPONSE : Fault.NO_ENDPOINT);
        }
    }

    @Override
    void onFault(Fault fault) {
        ends(fault);
    }

    private void cut(Fault fault) {
        abort();
        ends(fault);
    }

    private void ends(Fault fault) {
        streaming = false;
        if (stopped) {
            return;
        }
        stopped = true;
        if (located) {
            session.lost(fault);
        } else {
            refuse(meters.refuse(fault, null));
        }
    }

    private void refuse(Throwable refusal) {
        Sinks.EmitResult unused = endpoint.tryEmitError(refusal);
    }
}
