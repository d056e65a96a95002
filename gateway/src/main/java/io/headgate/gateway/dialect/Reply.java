package io.headgate.gateway.dialect;

import io.headgate.filter.Refusal;
import io.headgate.gateway.dialect.DialectMeters.Outcome;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;

/**
 * Takes what comes back for one request to its client: one message at a time, on the event loop of the request, no
 * faster than the client reads.
 */
abstract class Reply implements CoreSubscriber<JsonRpc>, HttpCall.BodyHolder {
    private static final Logger LOG = LoggerFactory.getLogger(Reply.class);

    static final RawJson DELIVERY_UNKNOWN = RawJson.of("{\"delivery\":\"unknown\"}");

    final HttpCall call;
    final RequestId id;
    final String method;
    final DialectMeters meters;
    private final long startNanos = System.nanoTime();
    private @Nullable Subscription subscription;
    private boolean done;

    Reply(HttpCall call, RequestId id, String method, DialectMeters meters) {
        this.call = call;
        this.id = id;
        this.method = method;
        this.meters = meters;
        call.holdBody(this);
    }

    @Override
    public final void onSubscribe(Subscription upstream) {
        subscription = upstream;
        if (done) {
            upstream.cancel();
            return;
        }
        meters.begin();
        upstream.request(1);
    }

    @Override
    public final void onNext(JsonRpc message) {
        if (call.isOnLoop()) {
            take(message);
        } else {
            call.execute(() -> take(message));
        }
    }

    @Override
    public final void onError(Throwable error) {
        if (call.isOnLoop()) {
            fail(error);
        } else {
            call.execute(() -> fail(error));
        }
    }

    @Override
    public final void onComplete() {
        // After the response there is nothing left to do; before it, somebody below broke the contract.
        onError(new Refusal(Refusal.Reason.INTERNAL, "the call ended without a response"));
    }

    private void take(JsonRpc message) {
        if (done) {
            return;
        }
        if (message instanceof JsonRpc.Response response) {
            finish(outcome(response));
            respond(response);
            return;
        }
        send(message);
        if (isWritable()) {
            more();
        }
    }

    private void fail(Throwable error) {
        if (done) {
            return;
        }
        Refusal refusal;
        if (error instanceof Refusal known) {
            refusal = known;
        } else {
            LOG.warn("A {} request failed by a defect", method, error);
            refusal = new Refusal(Refusal.Reason.INTERNAL, "internal error");
        }
        finish(Outcome.REFUSED);
        meters.refused(method, refusal.reason());
        refuse(refusal);
    }

    /** Asks for the next message; called when the client has room again. */
    final void more() {
        Subscription upstream = subscription;
        if (upstream != null && !done) {
            upstream.request(1);
        }
    }

    /** Nobody waits any more. */
    final void cancel() {
        if (done) {
            return;
        }
        Subscription upstream = subscription;
        if (upstream == null) {
            done = true;
            call.releaseBody(this);
            return;
        }
        finish(Outcome.CANCELLED);
        upstream.cancel();
    }

    /** Ends the call, of which nobody knows how far it has come. */
    @Override
    public final void noMemory() {
        if (!done) {
            Subscription upstream = subscription;
            fail(new Refusal(
                    Refusal.Reason.EXHAUSTED, "the gateway has no memory for the call", null, DELIVERY_UNKNOWN));
            if (upstream != null) {
                upstream.cancel();
            }
        }
    }

    final boolean isDone() {
        return done;
    }

    private void finish(Outcome outcome) {
        done = true;
        meters.end(method, outcome, startNanos);
        call.releaseBody(this);
        ended();
    }

    private static Outcome outcome(JsonRpc.Response response) {
        if (response instanceof JsonRpc.Success success) {
            return success.envelope().isTrue(Member.IS_ERROR) ? Outcome.TOOL_ERROR : Outcome.OK;
        }
        return Outcome.ERROR;
    }

    /** Sends a notification or a question. */
    abstract void send(JsonRpc message);

    /** Sends the response; nothing follows. */
    abstract void respond(JsonRpc.Response response);

    /** Sends a refusal; nothing follows. */
    abstract void refuse(Refusal refusal);

    /** False while the client should be given time to read. */
    abstract boolean isWritable();

    /** Runs once when the call has ended, however. */
    void ended() {}
}
