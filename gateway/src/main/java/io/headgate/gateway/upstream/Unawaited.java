package io.headgate.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/** Takes the rest of answers that have said what counts, so that their connections can be used again. */
final class Unawaited extends RoundTrip {
    Unawaited(LoopPool pool) {
        super(pool);
    }

    @Override
    void onHead(int status, HttpHeaders headers) {
        // It was seen by somebody else.
    }

    @Override
    void onBody(ByteBuf bytes) {
        // Nothing in it matters.
    }

    @Override
    void onEnd() {
        // Nobody waits for it.
    }

    @Override
    void onFault(Fault fault) {
        // Nobody waits for it.
    }
}
