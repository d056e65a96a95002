package io.headgate.gateway.upstream;

import io.headgate.filter.Exchange;
import io.headgate.filter.Trail;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request on its way and what takes the answer; all of it happens on one event loop.
 *
 * <p>It may be submitted again when it has ended, for another request of the same call.
 */
abstract class RoundTrip {
    final LoopPool pool;

    // Owned by the pool and the line.
    @Nullable
    OutgoingRequest request;

    @Nullable
    Line line;

    @Nullable
    RoundTrip older;

    @Nullable
    RoundTrip newer;

    boolean isListed;
    boolean isResting;
    long startedNanos;

    RoundTrip(LoopPool pool) {
        this.pool = pool;
    }

    /** True for streams that stand for as long as somebody listens: no clock ends them, and they have slots of their own. */
    boolean isStanding() {
        return false;
    }

    /** How much of its time does not count, because somebody was asked and thought. */
    long restedNanos(long now) {
        return 0;
    }

    abstract void onHead(int status, HttpHeaders headers);

    /** Takes the next bytes of the body; they belong to the caller. */
    abstract void onBody(ByteBuf bytes);

    /** The body is complete; the connection was already given back. */
    abstract void onEnd();

    /** It failed; the connection is gone. */
    abstract void onFault(Fault fault);

    /** Notes that an exchange is sent, where somebody keeps that. */
    static void attempted(Exchange exchange) {
        Trail trail = exchange.trail();
        if (trail != null) {
            trail.attempted();
        }
    }

    final void submit(OutgoingRequest outgoing) {
        request = outgoing;
        pool.submit(this);
    }

    /** Stops the exchange where it is; nothing is called any more. */
    final void abort() {
        pool.unlist(this);
        Line current = line;
        if (current != null) {
            line = null;
            current.abort();
        } else {
            pool.forget(this);
        }
    }

    /** The answer is known: lets the connection finish by itself within narrow bounds, so that it can be used again. */
    final void linger() {
        pool.unlist(this);
        Line current = line;
        if (current != null) {
            current.linger();
        }
    }

    /** Pauses or resumes the flow of the body. */
    final void reading(boolean on) {
        Line current = line;
        if (current != null) {
            current.reading(on);
        }
    }
}
