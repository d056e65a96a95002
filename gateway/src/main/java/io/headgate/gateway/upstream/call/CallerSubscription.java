package io.headgate.gateway.upstream.call;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.gateway.upstream.net.RoundTrip;
import io.headgate.gateway.upstream.wire.AnswerHead;
import io.headgate.gateway.upstream.wire.FaultDetail;
import io.headgate.mcp.JsonRpc;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/**
 * The subscription of the caller that waits for the answer: how much it asks for, what is held on its account, and how it
 * is told, exactly once, that the call is over.
 *
 * <p>All state belongs to the event loop; demand and cancellation from elsewhere are moved there. What comes from the
 * server is the matter of {@link UpstreamCall}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
abstract class CallerSubscription extends RoundTrip implements Subscription {
    protected final UpstreamMeters meters;
    private final CoreSubscriber<? super JsonRpc> actual;
    private long demand;
    private boolean done;
    private @Nullable Hold hold;

    CallerSubscription(HttpClient client, CoreSubscriber<? super JsonRpc> actual) {
        super(client);
        this.actual = actual;
        this.meters = client.meters();
    }

    /** Sends the request; on the event loop. */
    protected abstract void start();

    /** Passes on what is there, as far as it is asked for. */
    protected abstract void drain();

    /** Lets go of what was not passed on: the call is over. */
    abstract void discard();

    /** Nobody waits any more; called before the exchange is stopped. */
    protected void onCancel() {}

    /** What the client sent; null for a request of the gateway's own. */
    @Nullable
    protected Exchange exchange() {
        return null;
    }

    /** The call is over, however it ended; called before whoever waits is told. */
    protected void onDone() {}

    /** The call is about to fail. */
    protected void onFailing(UpstreamFault fault) {}

    /** Counts the failure, and says what the caller is told. */
    protected Refusal refusal(UpstreamFault fault, String text, @Nullable Duration retryAfter) {
        return meters.refuse(fault, text, retryAfter);
    }

    final void begin() {
        if (loop().inEventLoop()) {
            startIfWanted();
            return;
        }
        try {
            loop().execute(this::startIfWanted);
        } catch (RejectedExecutionException stopped) {
            done = true;
            actual.onError(meters.refuse(UpstreamFault.CLOSED, null));
        }
    }

    private void startIfWanted() {
        if (!done) {
            start();
        }
    }

    @Override
    public final void request(long n) {
        if (!Operators.validate(n)) {
            return;
        }
        if (loop().inEventLoop()) {
            addDemand(n);
        } else {
            move(() -> addDemand(n));
        }
    }

    private void addDemand(long n) {
        demand = Operators.addCap(demand, n);
        drain();
    }

    final boolean isAsked() {
        return demand > 0;
    }

    /** Passes on a message that is asked for and does not end the call. */
    final void pass(JsonRpc message) {
        demand--;
        actual.onNext(message);
    }

    /** The call is answered, and the answer is asked for. */
    final void succeed() {
        done = true;
        onDone();
        meters.succeeded();
        demand--;
    }

    /** Passes on the answer of a call that has succeeded. */
    final void passLast(JsonRpc.Response last) {
        try {
            actual.onNext(last);
            actual.onComplete();
        } finally {
            free();
        }
    }

    @Override
    public final void cancel() {
        if (loop().inEventLoop()) {
            cancelHere();
        } else {
            move(this::cancelHere);
        }
    }

    private void cancelHere() {
        if (done) {
            return;
        }
        onCancel();
        end();
        abort();
    }

    /** Ends the flux without a response, where that is allowed. */
    protected final void complete() {
        if (done) {
            return;
        }
        end();
        if (hasLine()) {
            linger();
        }
        actual.onComplete();
    }

    /** Ends the call and its connection. */
    protected final void fail(UpstreamFault fault) {
        if (done) {
            return;
        }
        end();
        abort();
        onFailing(fault);
        actual.onError(refusal(fault, Overdue.text(fault, exchange(), client().limits()), null));
    }

    /** Ends the call because something that it needs failed. */
    protected final void fail(Throwable cause) {
        if (!done) {
            end();
            abort();
            actual.onError(cause);
        }
    }

    /** Ends the call; the connection may be used again. */
    final void refuse(UpstreamFault fault, int code, HttpHeaders headers) {
        end();
        linger();
        onFailing(fault);
        String text = fault.text() + FaultDetail.of(fault, code, headers, client().url());
        actual.onError(refusal(fault, text, AnswerHead.retryAfter(headers)));
    }

    private void end() {
        done = true;
        onDone();
        discard();
        free();
    }

    protected final boolean isDone() {
        return done;
    }

    /** Tells how much is held; what is small is not worth it. */
    final void account(long held) {
        Hold current = hold;
        if (current == null && held >= MemoryBudget.LEAST) {
            current = meters.hold(Held.RESULT, caller(), this::mustGo);
            hold = current;
        }
        if (current != null) {
            current.set(held);
        }
    }

    /** On whose account the answer is, or null if the gateway itself asks. */
    private @Nullable String caller() {
        Exchange asked = exchange();
        return asked == null ? null : asked.caller().key();
    }

    /** Not at once: whoever finds that memory is short may be in the middle of this call. */
    private void mustGo() {
        moveLater(() -> fail(UpstreamFault.MEMORY));
    }

    private void free() {
        Hold current = hold;
        if (current != null) {
            hold = null;
            current.close();
        }
    }
}
