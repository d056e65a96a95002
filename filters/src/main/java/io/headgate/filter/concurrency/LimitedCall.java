package io.headgate.filter.concurrency;

import io.headgate.filter.CallOperator;
import io.headgate.filter.Caller;
import io.headgate.filter.Refusal;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * One call, from its place in the line, if it had to wait, to the end of its answer, which gives the permit back.
 *
 * <p>The permit may be given by another thread than the one that the call lives on, so the call goes on by a task of its
 * own. Whoever takes the call out of the line (the server of the line, a cancel, the end of its time) decides what
 * becomes of it.
 */
final class LimitedCall extends CallOperator<LimitedCall.Stage> implements WaitingCall {
    /** Who gives the permit back. */
    enum Stage {
        /** In the line, or out of it with a permit and not yet subscribed: the one who would have begun the call. */
        WAITING,
        /** The end of the answer, or the cancel. */
        RUNNING,
        /** Cancelled while it waited: a permit goes back when the call would have begun. */
        CANCELLED,
        /** It was given back. */
        ENDED
    }

    private final LimitedAnswer answer;
    private final Limiter limiter;
    private final String tool;
    private final int share;
    private final boolean comesFirst;
    private boolean isBatch;
    private Scheduler.@Nullable Worker home;
    private volatile @Nullable Disposable deadline;
    private int started;
    private long startedAt;

    /** Something came already. */
    private boolean spoken;

    /** Out of the line, with a permit. */
    private volatile boolean isGone;

    LimitedCall(
            LimitedAnswer answer,
            CoreSubscriber<? super JsonRpc> client,
            Limiter limiter,
            String tool,
            int share,
            boolean comesFirst) {
        super(client, Stage.WAITING);
        this.answer = answer;
        this.limiter = limiter;
        this.tool = tool;
        this.share = share;
        this.comesFirst = comesFirst;
    }

    /** Goes on with a permit. */
    void begin(int inFlight) {
        started = inFlight;
        startedAt = answer.filter().now();
        Flux<JsonRpc> following;
        try {
            following = answer.following();
        } catch (RuntimeException defect) {
            giveBack();
            throw defect;
        }
        following.subscribe(this);
    }

    /** Joins the line. */
    void await(long now, long patience) {
        home = answer.filter().timer.createWorker();
        isBatch = answer.filter().isBatch(answer.exchange(), tool);
        client.onSubscribe(this);
        limiter.join(this, share, now);
        try {
            deadline = answer.filter().timer.schedule(this::expire, patience, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException stopping) {
            expire();
        }
        if (isCancelled()) {
            var unused = limiter.leave(this);
            forgetDeadline();
        } else if (isGone) {
            forgetDeadline();
        }
    }

    private void expire() {
        if (limiter.leave(this)) {
            limiter.refuse(ConcurrencyMeters.Refused.WAITED, answer.filter().now());
            client.onError(answer.filter().overloaded);
        }
    }

    @Override
    public String caller() {
        Caller caller = answer.exchange().caller();
        // Without identity callers are told apart as Shares does it.
        return caller.isAnonymous() ? Integer.toString(share) : caller.key();
    }

    @Override
    public boolean isBatch() {
        return isBatch;
    }

    @Override
    public boolean comesFirst() {
        return comesFirst;
    }

    @Override
    public void go(int inFlight) {
        started = inFlight;
        isGone = true;
        try {
            Objects.requireNonNull(home).schedule(this::resume);
        } catch (RejectedExecutionException stopping) {
            giveBack();
            client.onError(new Refusal(Refusal.Reason.INTERNAL, "the gateway is stopping"));
        }
    }

    private void resume() {
        forgetDeadline();
        if (isCancelled()) {
            giveBack();
            return;
        }
        startedAt = answer.filter().now();
        Flux<JsonRpc> following;
        try {
            following = answer.following();
        } catch (RuntimeException defect) {
            giveBack();
            client.onError(defect);
            return;
        }
        following.subscribe(this);
    }

    @Override
    public void onSubscribe(Subscription upstream) {
        connect(upstream);
        // The permit belongs to the upstream until that has heard of a cancel, which it has if the call was cancelled
        // before.
        if (!move(Stage.WAITING, Stage.RUNNING) && is(Stage.CANCELLED)) {
            giveBack();
        }
        if (home == null) {
            client.onSubscribe(this);
        }
    }

    @Override
    public void onNext(JsonRpc message) {
        if (message instanceof JsonRpc.Success success && isWhole(success.envelope())) {
            if (spoken) {
                limiter.streamed(answer.filter().now(), started);
            } else {
                sample();
            }
        }
        spoken = true;
        client.onNext(message);
    }

    /** A tool that failed, or that asks first, says nothing of how long it takes. */
    private static boolean isWhole(Envelope envelope) {
        return !envelope.isTrue(Member.IS_ERROR)
                && (!envelope.has(Member.RESULT_TYPE) || envelope.is(Member.RESULT_TYPE, "complete"));
    }

    private void sample() {
        long now = answer.filter().now();
        long measured = now - startedAt;
        long nanos = Math.max(1, measured - answer.filter().lateness.ofCalls(now));
        boolean isQuiet = limiter.succeeded(now, nanos, started);
        Cost cost = tool.isEmpty() ? null : answer.server().learn(tool);
        if (isQuiet && cost != null) {
            // A tool is not of another class because the gateway was late.
            cost.sample(Math.max(nanos, measured / 2));
        }
    }

    @Override
    public void onError(Throwable error) {
        if (error instanceof Refusal refusal
                && (refusal.reason() == Refusal.Reason.UPSTREAM_THROTTLED
                        || refusal.reason() == Refusal.Reason.UPSTREAM_TIMEOUT)) {
            limiter.dropped(answer.filter().now(), started);
        }
        end();
        client.onError(error);
    }

    @Override
    public void onComplete() {
        end();
        client.onComplete();
    }

    @Override
    public void cancel() {
        super.cancel();
        forgetDeadline();
        if (home != null && limiter.leave(this)) {
            return;
        }
        // A permit that was given and not yet used is given back by the task that would have used it.
        if (move(Stage.WAITING, Stage.CANCELLED)) {
            return;
        }
        if (move(Stage.RUNNING, Stage.ENDED)) {
            long now = answer.filter().now();
            limiter.givenUp(now, now - startedAt, started);
            giveBack();
        }
    }

    /** An answer that is there at once ends while it is being subscribed to. */
    private void end() {
        if (move(Stage.RUNNING, Stage.ENDED) || move(Stage.WAITING, Stage.ENDED)) {
            giveBack();
        }
    }

    private void giveBack() {
        limiter.giveBack(comesFirst);
    }

    private void forgetDeadline() {
        Disposable timer = deadline;
        if (timer != null) {
            timer.dispose();
        }
    }
}
