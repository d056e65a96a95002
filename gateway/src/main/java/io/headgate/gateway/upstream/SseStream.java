package io.headgate.gateway.upstream;

import io.headgate.gateway.upstream.OutgoingRequest.Method;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The event stream of a session over HTTP+SSE: first it says where to post, then it carries everything that the server
 * sends. It is never resumed, for the revision has no means for that: its end is the session's.
 */
final class SseStream extends LegacyStream {
    private static final String ENDPOINT = "endpoint";

    private final SseSession calls;
    private final Sinks.One<String> endpoint = Sinks.one();
    private boolean located;
    private boolean over;

    SseStream(SseSession session) {
        super(session);
        this.calls = session;
    }

    /** The path to post to, or a Refusal; nothing if the stream is stopped before it is known. */
    Mono<String> endpoint() {
        return endpoint.asMono();
    }

    @Override
    void stop() {
        super.stop();
        Sinks.EmitResult unused = endpoint.tryEmitEmpty();
    }

    @Override
    SseParser parser() {
        return new SseParser(client().limits().messageBytes(), ENDPOINT);
    }

    @Override
    OutgoingRequest request() {
        return new OutgoingRequest(Method.GET, null);
    }

    @Override
    void begins() {
        // What counts is the first event.
    }

    @Override
    void refused(int status, HttpHeaders headers) {
        over = true;
        Fault fault = AnswerHead.faultOf(status);
        if (fault == null) {
            fault = status >= 500
                    ? Fault.SERVER_ERROR
                    : status >= 300
                            ? Fault.CLIENT_ERROR
                            : headers.contains(HttpHeaderNames.CONTENT_ENCODING)
                                    ? Fault.CONTENT_ENCODING
                                    : Fault.CONTENT_TYPE;
        }
        String text = fault.text() + FaultDetail.of(fault, status, headers, client().url());
        fail(meters.refuse(fault, text, AnswerHead.retryAfter(headers)));
        session.doubt(fault);
    }

    @Override
    boolean take(byte[] data, int length) {
        if (!events().isWanted()) {
            if (located) {
                return super.take(data, length);
            }
            cut(Fault.NO_ENDPOINT);
        } else if (located) {
            // Calls are on their way to the first one.
            meters.count(Fault.BAD_EVENT);
        } else {
            locate(data, length);
        }
        return false;
    }

    private void locate(byte[] data, int length) {
        String path = Endpoint.path(client().url(), new String(data, 0, length, StandardCharsets.UTF_8));
        if (path == null) {
            cut(Fault.FOREIGN_ENDPOINT);
            return;
        }
        located = true;
        // Nobody waits any more if it took too long.
        Sinks.EmitResult unused = endpoint.tryEmitValue(path);
    }

    @Override
    void ends(Fault fault) {
        if (over || isStopped()) {
            return;
        }
        over = true;
        if (located) {
            calls.lost(fault);
        } else {
            fail(meters.refuse(fault == Fault.SSE_NO_RESPONSE ? Fault.NO_ENDPOINT : fault, null));
        }
    }

    private void fail(Throwable refusal) {
        Sinks.EmitResult unused = endpoint.tryEmitError(refusal);
    }
}
