package io.headgate.gateway.upstream.net;

import io.headgate.filter.Exchange;
import io.headgate.filter.Trail;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request on its way and what takes the answer; all of it happens on one event loop.
 *
 * <p>It may be submitted again when it has ended, for another request of the same call.
 */
public abstract class RoundTrip {
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

    /** On the event loop that this thread is, or on another one if it is none. */
    protected RoundTrip(HttpClient client) {
        this(client.pool());
    }

    RoundTrip(LoopPool pool) {
        this.pool = pool;
    }

    protected final HttpClient client() {
        return pool.client;
    }

    protected final EventLoop loop() {
        return pool.loop;
    }

    /** An id that no other request to the upstream has. */
    protected final long nextId() {
        return pool.nextId();
    }

    /** True while its request waits for a connection. */
    protected final boolean isWaiting() {
        return request != null;
    }

    /** True while it has a connection. */
    protected final boolean hasLine() {
        return line != null;
    }

    /** True for streams that stand for as long as somebody listens: no clock ends them, and they have slots of their own. */
    protected boolean isStanding() {
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
    protected final void heard() {
        heardNanos = pool.now;
    }

    /** How much of its time does not count, because somebody was asked and thought. */
    protected final long restedNanos(long now) {
        Rest current = rest;
        return current == null ? 0 : current.nanos(now);
    }

    protected abstract void onHead(int status, HttpHeaders headers);

    /** Takes the next bytes of the body; they belong to the caller. */
    protected abstract void onBody(ByteBuf bytes);

    /** The body is complete; the connection was already given back. */
    protected abstract void onEnd();

    /** It failed; the connection is gone. */
    protected abstract void onFault(UpstreamFault fault);

    /** Notes that an exchange is sent, where somebody keeps that. */
    protected static void attempted(Exchange exchange) {
        Trail trail = exchange.trail();
        if (trail != null) {
            trail.attempted();
        }
    }

    protected final void submit(OutgoingRequest outgoing) {
        request = outgoing;
        pool.submit(this);
    }

    /** A call that rests goes on resting with another request. */
    protected final void restOn() {
        pool.rest(this, isResting());
    }

    /** The clock stops: what is still to come does not come on this connection. */
    protected final void stopClock() {
        pool.unlist(this);
    }

    /** Stops the exchange where it is; nothing is called any more. */
    protected final void abort() {
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
    protected final void linger() {
        pool.unlist(this);
        Line current = line;
        if (current != null) {
            current.linger();
        }
    }

    /** The answer comes another way: the connection is free for others, and the clock goes on. */
    protected final void handOver() {
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
    protected final void moveLater(Runnable task) {
        try {
            pool.loop.execute(task);
        } catch (RejectedExecutionException stopped) {
            // The loop has ended, and with it every call on it.
            return;
        }
    }

    /**
     * Reads nothing more for a while if what came since then was too much of what no call waits for.
     *
     * @param goOn run when reading can go on
     * @return true if it pauses
     */
    protected final boolean pauseIfTooMuch(long since, Runnable goOn) {
        long now = System.nanoTime();
        long pause = pool.pace.spent(now - since, now);
        if (pause == 0) {
            return false;
        }
        pool.client.meters().count(UpstreamFault.FLOOD);
        reading(false);
        pool.loop.schedule(goOn, pause, TimeUnit.NANOSECONDS);
        return true;
    }

    /** Pauses or resumes the flow of the body. */
    protected final void reading(boolean on) {
        Line current = line;
        if (current != null) {
            current.reading(on);
        }
    }
}
