package io.headgate.filter.timeout;

import io.headgate.filter.CallOperator;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonRpc;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;

/** An answer that ends with a refusal when it takes too long. */
final class TimeLimitedAnswer extends FluxOperator<JsonRpc, JsonRpc> {
    private final Exchange exchange;
    private final Limits limits;

    TimeLimitedAnswer(Flux<JsonRpc> answer, Exchange exchange, Limits limits) {
        super(answer);
        this.exchange = exchange;
        this.limits = limits;
    }

    @Override
    public void subscribe(CoreSubscriber<? super JsonRpc> client) {
        source.subscribe(new Watch(client, exchange, limits));
    }

    /**
     * The watch over one answer.
     *
     * <p>There is one task. A message only notes the time; the task that fires early finds the note and goes to sleep for
     * the rest. It never sleeps past the moment at which the call may be over, or not by more than a second where a
     * question was open: that moment only moves away. So nothing has to wake it.
     *
     * <p>Messages and the task usually share a thread, but need not. The state says who may speak to the client: the
     * task that finds a message on its way leaves its refusal to the thread that brings the message.
     */
    private static final class Watch extends CallOperator<Watch.Stage> implements Runnable {
        /** Who may speak to the client. */
        enum Stage {
            /** The thread that brings the next message, or the task. */
            QUIET,
            /** A message is being given to the client. */
            SPEAKING,
            /** The time is over: the thread that gives a message tells the client when it is done, or the task itself. */
            REFUSING,
            DONE
        }

        /** How long the task sleeps at least while somebody is asked, however little time is left after the answer. */
        private static final long THINKING = TimeUnit.SECONDS.toNanos(1);

        private final Exchange exchange;
        private final Limits limits;
        private final long start;
        private @Nullable Refusal refusal;
        private boolean isTimeUp;
        private boolean isAtCap;
        /** Written while this is locked. */
        private volatile int questions;

        private long askedAt;
        private long rested;
        private volatile long heard;
        private volatile @Nullable Disposable task;

        Watch(CoreSubscriber<? super JsonRpc> client, Exchange exchange, Limits limits) {
            super(client, Stage.QUIET);
            this.exchange = exchange;
            this.limits = limits;
            this.start = now();
            this.heard = start;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            super.onSubscribe(subscription);
            // Not before: an answer that is there at once needs no task.
            sleep(Math.min(limits.idleNanos, limits.capNanos));
        }

        @Override
        public void onNext(JsonRpc message) {
            if (is(Stage.SPEAKING)) {
                // The client asked for this message while it took the last one.
                deliver(message);
                return;
            }
            if (!move(Stage.QUIET, Stage.SPEAKING)) {
                Operators.onNextDropped(message, currentContext());
                return;
            }
            deliver(message);
            if (!move(Stage.SPEAKING, Stage.QUIET)) {
                refuse();
            }
        }

        private void deliver(JsonRpc message) {
            heard = now();
            if (message instanceof JsonRpc.Question question) {
                asked();
                client.onNext(new JsonRpc.Question(
                        question.method(), question.params(), new Answer(this, question.answer())));
            } else {
                client.onNext(message);
            }
        }

        private synchronized void asked() {
            if (questions++ == 0) {
                askedAt = heard;
            }
        }

        synchronized void answered() {
            heard = now();
            if (--questions == 0) {
                rested += heard - askedAt;
            }
        }

        /** How much of the call's time was its client's. */
        private synchronized long rested(long now) {
            return questions == 0 ? rested : rested + now - askedAt;
        }

        @Override
        public void onComplete() {
            if (finish()) {
                client.onComplete();
            }
        }

        @Override
        public void onError(Throwable error) {
            if (finish()) {
                client.onError(error);
            } else if (!(error instanceof Refusal)) {
                Operators.onErrorDropped(error, currentContext());
            }
        }

        @Override
        public void cancel() {
            if (finish() || move(Stage.REFUSING, Stage.DONE)) {
                forgetTask();
                super.cancel();
            }
        }

        /** The task: the time is over, or there is some left. */
        @Override
        public void run() {
            long now = now();
            // The questions first: an answer notes the time before it closes its question.
            boolean asking = questions > 0;
            long untilCap = start + limits.capNanos + rested(now) - now;
            if (asking) {
                sleep(Math.max(THINKING, Math.min(untilCap, limits.idleNanos)));
                return;
            }
            long untilIdle = heard + limits.idleNanos - now;
            if (untilCap <= 0) {
                expire(/* atCap= */ true);
            } else if (untilIdle <= 0) {
                expire(/* atCap= */ false);
            } else {
                sleep(Math.min(untilCap, untilIdle));
            }
        }

        private void sleep(long nanos) {
            if (isOver()) {
                return;
            }
            try {
                task = limits.timer.schedule(this, nanos, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException stopped) {
                end(new Refusal(Refusal.Reason.INTERNAL, "the gateway is stopping"));
            }
            if (isOver()) {
                forgetTask();
            }
        }

        private void expire(boolean atCap) {
            isTimeUp = true;
            isAtCap = atCap;
            end(limits.refusal(exchange, atCap));
        }

        /** Refuses the call: now, or as soon as the client has taken the message that it is being given. */
        private void end(Refusal reason) {
            refusal = reason;
            while (!isOver()) {
                boolean isQuiet = move(Stage.QUIET, Stage.REFUSING);
                if (isQuiet || move(Stage.SPEAKING, Stage.REFUSING)) {
                    forgetTask();
                    super.cancel();
                    if (isQuiet) {
                        refuse();
                    }
                    return;
                }
            }
        }

        private void refuse() {
            Refusal reason = refusal;
            if (reason != null && move(Stage.REFUSING, Stage.DONE)) {
                if (isTimeUp) {
                    limits.count(isAtCap);
                }
                client.onError(reason);
            }
        }

        /** True if the upstream has the last word. */
        private boolean finish() {
            while (!isOver()) {
                if (move(Stage.QUIET, Stage.DONE) || move(Stage.SPEAKING, Stage.DONE)) {
                    forgetTask();
                    return true;
                }
            }
            return false;
        }

        private boolean isOver() {
            return is(Stage.REFUSING) || is(Stage.DONE);
        }

        private void forgetTask() {
            Disposable last = task;
            if (last != null) {
                last.dispose();
            }
        }

        private long now() {
            return limits.timer.now(TimeUnit.NANOSECONDS);
        }
    }

    /** Passes an answer on, and lets the watch go on with the first. */
    private static final class Answer implements Consumer<JsonRpc.Response> {
        private final Watch watch;
        private final Consumer<JsonRpc.Response> upstream;
        private final AtomicBoolean given = new AtomicBoolean();

        Answer(Watch watch, Consumer<JsonRpc.Response> upstream) {
            this.watch = watch;
            this.upstream = upstream;
        }

        @Override
        public void accept(JsonRpc.Response response) {
            if (given.compareAndSet(false, true)) {
                watch.answered();
            }
            upstream.accept(response);
        }
    }
}
