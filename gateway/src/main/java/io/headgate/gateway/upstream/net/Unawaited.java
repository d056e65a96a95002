package io.headgate.gateway.upstream.net;

import io.headgate.gateway.upstream.UpstreamFault;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/** Takes the rest of answers that have said what counts, so that their connections can be used again. */
final class Unawaited extends RoundTrip {
    Unawaited(LoopPool pool) {
        super(pool);
    }

    @Override
    protected void onHead(int status, HttpHeaders headers) {
        // It was seen by somebody else.
    }

    @Override
    protected void onBody(ByteBuf bytes) {
        // Nothing in it matters.
    }

    @Override
    protected void onEnd() {
        // Nobody waits for it.
    }

    @Override
    protected void onFault(UpstreamFault fault) {
        // Nobody waits for it.
    }
}
