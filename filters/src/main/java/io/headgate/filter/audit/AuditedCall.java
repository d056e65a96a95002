package io.headgate.filter.audit;

import io.headgate.filter.CallOperator;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.TraceContext;
import io.headgate.filter.Trail;
import io.headgate.filter.audit.log.AuditRecord;
import io.headgate.filter.audit.log.AuditTrouble;
import io.headgate.filter.audit.log.Durability;
import io.headgate.mcp.JsonRpc;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * One call between its two records: not made before the first is durable, not answered before the second is.
 *
 * <p>What comes on the way passes at once. The log's writer only says that a record is durable; everything else happens
 * on the thread of the call, or of whoever brings the answer.
 */
final class AuditedCall extends CallOperator<AuditedCall.Stage> implements Consumer<@Nullable AuditTrouble>, Runnable {
    private static final AtomicIntegerFieldUpdater<AuditedCall> ENDS =
            AtomicIntegerFieldUpdater.newUpdater(AuditedCall.class, "ends");

    /** Between which records the call is. */
    enum Stage {
        /** The intent is on its way to the disk. */
        INTENDED,
        /** The client went away while it was; no upstream will hear of the call. */
        WITHDRAWN,
        RUNNING,
        /** The outcome is on its way to the disk, or needs not be waited for. */
        ANSWERED,
        DONE
    }

    /** The answer was given, and the upstream has ended. */
    private static final int BOTH = 2;

    private final AuditFilter filter;
    private final Durability durability;
    private final Exchange exchange;
    private final Handler next;
    private final Landing landing;
    private final Trail trail;
    private final String callId = TraceContext.id(32);
    private final long start = System.nanoTime();

    @SuppressWarnings("UnusedVariable") // Its updater reads it.
    private volatile int ends;

    private volatile @Nullable AuditTrouble trouble;
    private volatile @Nullable Throwable failure;
    private JsonRpc.@Nullable Response response;

    AuditedCall(
            CoreSubscriber<? super JsonRpc> client,
            AuditFilter filter,
            Durability durability,
            Exchange exchange,
            Handler next) {
        super(client, Stage.INTENDED);
        this.filter = filter;
        this.durability = durability;
        this.exchange = exchange;
        this.next = next;
        this.landing = filter.ledger().landing();
        this.trail = new Trail(TraceContext.of(exchange));
    }

    /** Writes the intent; the call begins when it is durable. */
    void begin() {
        client.onSubscribe(this);
        if (!is(Stage.INTENDED)) {
            return;
        }
        byte[] intent;
        try {
            intent = filter.records().intent(callId, trail.trace(), exchange);
        } catch (RuntimeException defect) {
            // What cannot be written down is not done.
            if (move(Stage.INTENDED, Stage.DONE)) {
                client.onError(defect);
            }
            return;
        }
        if (durability == Durability.ASYNC) {
            filter.ledger().write(AuditRecord.INTENT, intent, Durability.ASYNC);
            run();
        } else {
            // Balanced too: what is lost in its window is what came of a call, never that there was one.
            filter.ledger().write(AuditRecord.INTENT, intent, Durability.STRICT, this);
        }
    }

    /** Called by the log's writer. */
    @Override
    public void accept(@Nullable AuditTrouble reason) {
        trouble = reason;
        landing.land(this);
    }

    /** A record is durable, or cannot be. */
    @Override
    public void run() {
        AuditTrouble reason = trouble;
        switch (state()) {
            case INTENDED -> intended(reason);
            case WITHDRAWN -> withdrawn(reason);
            case ANSWERED -> {
                if (reason != null) {
                    // It was done, and the client may know: the log itself will say that the outcome is unknown.
                    filter.ledger().lost();
                }
                release();
            }
            default -> {
                // The client went away while its answer was written down.
            }
        }
    }

    private void intended(@Nullable AuditTrouble reason) {
        if (reason != null) {
            if (move(Stage.INTENDED, Stage.DONE)) {
                client.onError(filter.refusal());
            }
            return;
        }
        if (!move(Stage.INTENDED, Stage.RUNNING)) {
            withdrawn(null);
            return;
        }
        Flux<JsonRpc> answer;
        try {
            answer = next.handle(exchange.withTrail(trail));
        } catch (RuntimeException defect) {
            onError(defect);
            return;
        }
        answer.subscribe(this);
    }

    private void withdrawn(@Nullable AuditTrouble reason) {
        if (reason == null && move(Stage.WITHDRAWN, Stage.DONE)) {
            cancelled();
        }
    }

    private void cancelled() {
        String cutOff = exchange.headers().cutOff();
        String why = cutOff == null ? CallRecords.CANCELLED : cutOff;
        byte[] outcome = filter.records().outcome(callId, trail, why, elapsed());
        filter.ledger().write(AuditRecord.OUTCOME, outcome, Durability.BALANCED);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        connect(subscription);
    }

    @Override
    public void onNext(JsonRpc message) {
        if (!is(Stage.RUNNING)) {
            Operators.onNextDropped(message, currentContext());
        } else if (message instanceof JsonRpc.Response last) {
            response = last;
            if (move(Stage.RUNNING, Stage.ANSWERED)) {
                answered(filter.records().outcome(callId, trail, last, elapsed()));
            }
        } else {
            client.onNext(message);
        }
    }

    @Override
    public void onError(Throwable error) {
        if (!(error instanceof Refusal)) {
            trail.mark(error);
        }
        failure = error;
        if (move(Stage.RUNNING, Stage.ANSWERED)) {
            ends = 1;
            answered(filter.records().outcome(callId, trail, exchange, error, elapsed()));
        } else {
            upstreamEnded();
        }
    }

    @Override
    public void onComplete() {
        if (move(Stage.RUNNING, Stage.ANSWERED)) {
            ends = 1;
            answered(filter.records().outcome(callId, trail, CallRecords.INCOMPLETE, elapsed()));
        } else {
            upstreamEnded();
        }
    }

    private void answered(byte[] outcome) {
        if (durability == Durability.STRICT) {
            filter.ledger().write(AuditRecord.OUTCOME, outcome, Durability.STRICT, this);
        } else {
            filter.ledger().write(AuditRecord.OUTCOME, outcome, durability);
            release();
        }
    }

    /** Gives the client what it waited for. */
    private void release() {
        JsonRpc.Response last = response;
        if (last != null && is(Stage.ANSWERED)) {
            client.onNext(last);
        }
        upstreamEnded();
    }

    /** The second of two ends is the call's: the answer was given, and nothing follows it. */
    private void upstreamEnded() {
        if (ENDS.incrementAndGet(this) == BOTH && move(Stage.ANSWERED, Stage.DONE)) {
            Throwable error = failure;
            if (error == null) {
                client.onComplete();
            } else {
                client.onError(error);
            }
        }
    }

    @Override
    public void cancel() {
        while (!is(Stage.DONE) && !is(Stage.WITHDRAWN)) {
            boolean wasRunning = move(Stage.RUNNING, Stage.DONE);
            if (wasRunning || move(Stage.INTENDED, Stage.WITHDRAWN) || move(Stage.ANSWERED, Stage.DONE)) {
                super.cancel();
                if (wasRunning) {
                    cancelled();
                }
                return;
            }
        }
    }

    private long elapsed() {
        return System.nanoTime() - start;
    }
}
