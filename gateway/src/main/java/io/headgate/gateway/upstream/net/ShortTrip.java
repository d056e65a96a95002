package io.headgate.gateway.upstream.net;

import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** A request of which only the answer's status counts: a posted notification, a posted answer, the end of a session. */
public final class ShortTrip extends RoundTrip {
    private final MonoSink<Integer> sink;
    private boolean answered;

    private ShortTrip(LoopPool pool, MonoSink<Integer> sink) {
        super(pool);
        this.sink = sink;
    }

    /** The status of the answer, or a Refusal. */
    public static Mono<Integer> status(HttpClient client, OutgoingRequest request) {
        return Mono.create(sink -> {
            LoopPool pool = client.pool();
            ShortTrip trip = new ShortTrip(pool, sink);
            if (pool.loop.inEventLoop()) {
                trip.submit(request);
            } else {
                pool.loop.execute(() -> trip.submit(request));
            }
        });
    }

    @Override
    protected void onHead(int status, HttpHeaders headers) {
        answered = true;
        linger();
        sink.success(status);
    }

    @Override
    protected void onBody(ByteBuf bytes) {
        // Nothing in it matters.
    }

    @Override
    protected void onEnd() {
        // The head said all.
    }

    @Override
    protected void onFault(UpstreamFault fault) {
        if (!answered) {
            sink.error(pool.client.meters().refuse(fault, null));
        }
    }
}
