package io.headgate.gateway.session;

import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * One call on its way through its rounds: passes everything on, but for the result by which the server asks.
 *
 * <p>It is the subscription of whoever waits, over one source after the other. What is not a message of a source
 * (answers, clocks, demand between two sources) is moved to the call's own event loop by a worker that is made for the
 * first round, so that nothing overlaps.
 */
final class RoundsCall implements CoreSubscriber<JsonRpc>, Subscription {
    private static final int MOST_ANSWER_BYTES = 8 * 1024 * 1024;

    private final Rounds rounds;
    private final Handler next;
    private final CoreSubscriber<? super JsonRpc> actual;

    // Guarded by this.
    private @Nullable Subscription source;
    private Scheduler.@Nullable Worker worker;
    private long missing;
    private boolean isOver;

    /** Whose messages count: the source of the current round, or null between two. */
    private volatile @Nullable Object current = this;

    // On the event loop.
    private Exchange exchange;
    private int round;
    private boolean hasRelearned;
    private boolean isAsking;
    private List<InputRequest> requests = List.of();
    private @Nullable RawJson[] answers = {};
    private int asked;
    private int open;
    private long answerBytes;
    private @Nullable RawJson state;
    private JsonRpc.@Nullable Response last;

    RoundsCall(Rounds rounds, Handler next, Exchange exchange, CoreSubscriber<? super JsonRpc> actual) {
        this.rounds = rounds;
        this.next = next;
        this.exchange = exchange;
        this.actual = actual;
    }

    // The first source, which for nearly every call is the only one.

    @Override
    public Context currentContext() {
        return actual.currentContext();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        source = subscription;
        actual.onSubscribe(this);
    }

    @Override
    public void onNext(JsonRpc message) {
        receive(this, message);
    }

    @Override
    public void onError(Throwable error) {
        end(this, error);
    }

    @Override
    public void onComplete() {
        end(this, null);
    }

    /** The source of a later round. */
    private final class Again implements CoreSubscriber<JsonRpc> {
        @Override
        public Context currentContext() {
            return actual.currentContext();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            connect(subscription);
        }

        @Override
        public void onNext(JsonRpc message) {
            receive(this, message);
        }

        @Override
        public void onError(Throwable error) {
            end(this, error);
        }

        @Override
        public void onComplete() {
            end(this, null);
        }
    }

    private void connect(Subscription subscription) {
        long wanted;
        boolean isCancelled;
        synchronized (this) {
            isCancelled = isOver;
            source = isCancelled ? null : subscription;
            wanted = missing;
        }
        if (isCancelled) {
            subscription.cancel();
        } else if (wanted > 0) {
            subscription.request(wanted);
        }
    }

    private void receive(Object from, JsonRpc message) {
        if (from != current) {
            return;
        }
        if (message instanceof JsonRpc.Success success && success.envelope().is(Member.RESULT_TYPE, "input_required")) {
            pause();
            move(() -> begin(success.envelope()));
            return;
        }
        if (message instanceof JsonRpc.Failure failure && isStale(failure)) {
            hasRelearned = true;
            pause();
            var unused = rounds.relearn
                    .apply(exchange)
                    .subscribe(learnt -> move(() -> again(learnt)), error -> answer(failure));
            return;
        }
        synchronized (this) {
            if (missing != Long.MAX_VALUE) {
                missing--;
            }
        }
        actual.onNext(message);
    }

    /** True if the server says that the fields made from the arguments are wrong: its tools are others than we know. */
    private boolean isStale(JsonRpc.Failure failure) {
        return failure.code() == RpcCodes.HEADER_MISMATCH
                && exchange.method().equals(Methods.TOOLS_CALL)
                && !exchange.client().isModern()
                && !hasRelearned;
    }

    private void end(Object from, @Nullable Throwable error) {
        if (from != current || !finish()) {
            return;
        }
        if (error == null) {
            actual.onComplete();
        } else {
            // What the server did in the rounds before is done.
            actual.onError(round > 0 && error instanceof Refusal refusal ? refusal.sent() : error);
        }
    }

    // Whoever waits.

    @Override
    public void request(long n) {
        if (!Operators.validate(n)) {
            return;
        }
        Subscription to;
        synchronized (this) {
            missing = Operators.addCap(missing, n);
            to = source;
        }
        if (to != null) {
            to.request(n);
        } else {
            move(this::emit);
        }
    }

    @Override
    public void cancel() {
        Subscription to;
        synchronized (this) {
            to = source;
        }
        if (finish() && to != null) {
            to.cancel();
        }
    }

    // Between two rounds.

    private void pause() {
        current = null;
        synchronized (this) {
            source = null;
            if (worker == null && !isOver) {
                worker = rounds.timer.createWorker();
            }
        }
    }

    private void begin(Envelope asking) {
        RawJson wanted = asking.get(Member.INPUT_REQUESTS);
        state = asking.get(Member.RESULT_REQUEST_STATE);
        if (++round > Rounds.MOST_ROUNDS) {
            fail("The server asked for input more than " + Rounds.MOST_ROUNDS + " times");
            return;
        }
        try {
            requests = wanted == null ? List.of() : InputRequest.all(wanted, exchange.client());
        } catch (InputRequest.NotAskedException notAsked) {
            fail(notAsked.text());
            return;
        }
        answers = new RawJson[requests.size()];
        asked = 0;
        answerBytes = 0;
        open = requests.size();
        int mine = round;
        if (requests.isEmpty()) {
            rounds.paused.increment();
            later(this::again, Rounds.PAUSE.toNanos());
        } else {
            isAsking = true;
            later(() -> expire(mine), rounds.answerWithin.toNanos());
            emit();
        }
    }

    /** Sends what is due, as far as somebody wants it. */
    private void emit() {
        while (isAsking && asked < requests.size() && takeDemand()) {
            int index = asked++;
            int mine = round;
            InputRequest request = requests.get(index);
            actual.onNext(new JsonRpc.Question(
                    request.method(), request.params(), answer -> move(() -> answered(mine, index, answer))));
        }
        JsonRpc.Response due = last;
        if (due != null && takeDemand()) {
            last = null;
            actual.onNext(due);
            if (finish()) {
                actual.onComplete();
            }
        }
    }

    /** True if the client wants one message more, which must be sent then. */
    private synchronized boolean takeDemand() {
        if (isOver || missing == 0) {
            return false;
        }
        if (missing != Long.MAX_VALUE) {
            missing--;
        }
        return true;
    }

    private void answered(int inRound, int index, JsonRpc.Response answer) {
        if (!isAsking || inRound != round || answers[index] != null) {
            return;
        }
        if (answer instanceof JsonRpc.Failure failure) {
            fail("The client did not answer " + requests.get(index).method() + ": " + failure.message());
            return;
        }
        RawJson result = ((JsonRpc.Success) answer).result();
        answerBytes += result.length();
        if (answerBytes > MOST_ANSWER_BYTES) {
            fail("The client's answers are too large");
            return;
        }
        answers[index] = result;
        if (--open == 0) {
            isAsking = false;
            rounds.answered.increment();
            again();
        }
    }

    private void expire(int inRound) {
        if (isAsking && inRound == round) {
            fail("The client did not answer in time");
        }
    }

    private void again(Exchange learnt) {
        exchange = learnt;
        again();
    }

    /** Handles the exchange again, with what is known now. */
    private void again() {
        synchronized (this) {
            if (isOver) {
                return;
            }
        }
        Again source = new Again();
        current = source;
        next.handle(round == 0 ? exchange : InputResponses.to(exchange.withoutDeadline(), requests, answers, state))
                .subscribe(source);
    }

    // The end.

    private void fail(String text) {
        rounds.failed.increment();
        answer(
                exchange.method().equals(Methods.TOOLS_CALL)
                        ? JsonRpc.Success.of("{\"content\":[{\"type\":\"text\",\"text\":" + JsonStrings.quote(text)
                                + "}],\"isError\":true}")
                        : new JsonRpc.Failure(RpcCodes.INTERNAL_ERROR, text, null));
    }

    /** Ends with a response as soon as it is wanted. */
    private void answer(JsonRpc.Response response) {
        move(() -> {
            isAsking = false;
            last = response;
            emit();
        });
    }

    /** True once; nothing of the call has an effect after it. */
    private boolean finish() {
        Scheduler.Worker used;
        synchronized (this) {
            if (isOver) {
                return false;
            }
            isOver = true;
            source = null;
            used = worker;
        }
        if (used != null) {
            used.dispose();
        }
        return true;
    }

    private void move(Runnable task) {
        later(task, 0);
    }

    private void later(Runnable task, long nanos) {
        Scheduler.Worker loop;
        synchronized (this) {
            loop = isOver ? null : worker;
        }
        if (loop == null) {
            return;
        }
        try {
            var unused = nanos == 0
                    ? loop.schedule(() -> guarded(task))
                    : loop.schedule(() -> guarded(task), nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException ended) {
            // The call is over, and so is everything that belonged to it.
            return;
        }
    }

    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException defect) {
            if (finish()) {
                actual.onError(defect);
            }
        }
    }
}
