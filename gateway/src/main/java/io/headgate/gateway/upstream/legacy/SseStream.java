package io.headgate.gateway.upstream.legacy;

import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.wire.AnswerHead;
import io.headgate.gateway.upstream.wire.FaultDetail;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.OutgoingRequest.Method;
import io.headgate.gateway.upstream.wire.SseParser;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The event stream of a session over HTTP+SSE: first it says where to post, then it carries everything that the server
 * sends. It is never resumed, for the revision has no means for that: its end is the session's.
 */
final class SseStream extends UpstreamStream {
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
        UpstreamFault fault = AnswerHead.faultOf(status);
        if (fault == null) {
            fault = status >= 500
                    ? UpstreamFault.SERVER_ERROR
                    : status >= 300
                            ? UpstreamFault.CLIENT_ERROR
                            : headers.contains(HttpHeaderNames.CONTENT_ENCODING)
                                    ? UpstreamFault.CONTENT_ENCODING
                                    : UpstreamFault.CONTENT_TYPE;
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
            cut(UpstreamFault.NO_ENDPOINT);
        } else if (located) {
            // Calls are on their way to the first one.
            meters.count(UpstreamFault.BAD_EVENT);
        } else {
            locate(data, length);
        }
        return false;
    }

    private void locate(byte[] data, int length) {
        String path = Endpoint.path(client().url(), new String(data, 0, length, StandardCharsets.UTF_8));
        if (path == null) {
            cut(UpstreamFault.FOREIGN_ENDPOINT);
            return;
        }
        located = true;
        // Nobody waits any more if it took too long.
        Sinks.EmitResult unused = endpoint.tryEmitValue(path);
    }

    @Override
    void ends(UpstreamFault fault) {
        if (over || isStopped()) {
            return;
        }
        over = true;
        if (located) {
            calls.lost(fault);
        } else {
            fail(meters.refuse(fault == UpstreamFault.SSE_NO_RESPONSE ? UpstreamFault.NO_ENDPOINT : fault, null));
        }
    }

    private void fail(Throwable refusal) {
        Sinks.EmitResult unused = endpoint.tryEmitError(refusal);
    }
}
