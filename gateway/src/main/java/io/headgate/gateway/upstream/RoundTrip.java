package io.headgate.gateway.upstream;

import io.headgate.filter.Exchange;
import io.headgate.filter.Trail;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
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
    boolean holdsForLong;
    long startedNanos;
    /** When something came last, to within a second. */
    long heardNanos;

    private @Nullable Rest rest;

    RoundTrip(LoopPool pool) {
        this.pool = pool;
    }

    /** True for streams that stand for as long as somebody listens: no clock ends them, and they have slots of their own. */
    boolean isStanding() {
        return false;
    }

    /** While somebody is asked, the clock rests: whoever has the question to answer has a clock for that. */
    public final void asked() {
        Rest known = rest;
        Rest current = known == null ? new Rest() : known;
        rest = current;
        if (current.asked() && line != null) {
            pool.rest(this, true);
        }
    }

    /** Called once for each question, by whichever thread has the answer. */
    public final void answered() {
        move(() -> {
            Rest current = rest;
            if (current != null && current.answered()) {
                heardNanos = System.nanoTime();
                pool.rest(this, false);
            }
        });
    }

    final boolean isResting() {
        Rest current = rest;
        return current != null && current.isGoingOn();
    }

    /** Something came; on the event loop. */
    final void heard() {
        heardNanos = pool.now;
    }

    /** How much of its time does not count, because somebody was asked and thought. */
    final long restedNanos(long now) {
        Rest current = rest;
        return current == null ? 0 : current.nanos(now);
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

    /** The answer comes another way: the connection is free for others, and the clock goes on. */
    final void handOver() {
        pool.rest(this, false);
        Line current = line;
        if (current != null) {
            line = null;
            current.trip = pool.unawaited;
            current.linger();
        }
    }

    /** Runs it on the event loop. */
    public final void move(Runnable task) {
        if (pool.loop.inEventLoop()) {
            task.run();
            return;
        }
        try {
            pool.loop.execute(task);
        } catch (RejectedExecutionException stopped) {
            // The loop has ended, and with it every call on it.
            return;
        }
    }

    /** Runs it on the event loop, but not now. */
    final void moveLater(Runnable task) {
        try {
            pool.loop.execute(task);
        } catch (RejectedExecutionException stopped) {
            // The loop has ended, and with it every call on it.
            return;
        }
    }

    /**
     * What came since then was not what a call waits for; reads nothing more for a while if that was too much.
     *
     * @param goOn says that reading can go on
     */
    final boolean isTooMuch(long since, Runnable goOn) {
        long now = System.nanoTime();
        long pause = pool.pace.spent(now - since, now);
        if (pause == 0) {
            return false;
        }
        pool.client.meters.count(Fault.FLOOD);
        reading(false);
        pool.loop.schedule(goOn, pause, TimeUnit.NANOSECONDS);
        return true;
    }

    /** Pauses or resumes the flow of the body. */
    final void reading(boolean on) {
        Line current = line;
        if (current != null) {
            current.reading(on);
        }
    }
}
