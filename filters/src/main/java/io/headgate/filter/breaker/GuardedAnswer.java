package io.headgate.filter.breaker;

import io.headgate.filter.CallOperator;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.Sender;
import io.headgate.mcp.JsonRpc;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/** The answer of a server whose breaker is asked first: a refused call goes no further than to here. */
final class GuardedAnswer extends Flux<JsonRpc> {
    private final ServerBreaker breaker;
    private final Exchange exchange;
    private final Handler next;

    GuardedAnswer(ServerBreaker breaker, Exchange exchange, Handler next) {
        this.breaker = breaker;
        this.exchange = exchange;
        this.next = next;
    }

    @Override
    public void subscribe(CoreSubscriber<? super JsonRpc> client) {
        long start = breaker.now();
        Phase phase = breaker.enter(exchange, start);
        if (phase == null) {
            Operators.error(client, breaker.refusal(exchange));
            return;
        }
        Watch watch = new Watch(client, breaker, exchange, phase, start);
        Flux<JsonRpc> answer;
        try {
            answer = next.handle(exchange);
        } catch (RuntimeException defect) {
            watch.end(defect);
            Operators.error(client, defect);
            return;
        }
        answer.subscribe(watch);
    }

    /** Tells the breaker, once, how a call ended: with its stream, by an error, or because nobody waits any more. */
    private static final class Watch extends CallOperator<Watch.Stage> {
        /** How far the call is: what it came to is told by the one who ends it. */
        enum Stage {
            RUNNING,
            ENDED
        }

        private static final AtomicIntegerFieldUpdater<Watch> SLOT =
                AtomicIntegerFieldUpdater.newUpdater(Watch.class, "slot");
        private static final int NONE = -1;

        private final ServerBreaker breaker;
        private final Exchange exchange;
        private final Phase phase;
        private final long start;
        private final @Nullable SlowCalls slowCalls;
        private volatile JsonRpc.@Nullable Response response;
        private volatile boolean asked;
        /** Where the call is counted until it is known not to be slow. */
        private volatile int slot = NONE;

        Watch(
                CoreSubscriber<? super JsonRpc> client,
                ServerBreaker breaker,
                Exchange exchange,
                Phase phase,
                long start) {
            super(client, Stage.RUNNING);
            this.breaker = breaker;
            this.exchange = exchange;
            this.phase = phase;
            this.start = start;
            this.slowCalls = phase.slowCalls();
            if (slowCalls != null) {
                slot = slowCalls.begin(Sender.of(exchange));
                breaker.keepTurning(slowCalls);
            }
        }

        @Override
        public void onNext(JsonRpc message) {
            if (message instanceof JsonRpc.Response last) {
                response = last;
            } else if (message instanceof JsonRpc.Question) {
                asked = true;
                leaveSlot(/* isQuick= */ false);
            }
            client.onNext(message);
        }

        @Override
        public void onComplete() {
            end(null);
            client.onComplete();
        }

        @Override
        public void onError(Throwable error) {
            end(error);
            client.onError(error);
        }

        @Override
        public void cancel() {
            end(null);
            super.cancel();
        }

        void end(@Nullable Throwable error) {
            if (!move(Stage.RUNNING, Stage.ENDED)) {
                return;
            }
            JsonRpc.Response last = response;
            leaveSlot(last != null || isSaid(error));
            if (last != null) {
                breaker.leave(phase, exchange, start, asked, FailureKind.of(last));
            } else if (error instanceof Refusal refusal && isSaid(refusal)) {
                breaker.leave(phase, exchange, start, asked, FailureKind.of(refusal.reason()));
            } else {
                breaker.leaveUnknown(phase, exchange, start, asked);
            }
        }

        /** Once: a call that has lasted too long by now stays what it is, a slow one. */
        private void leaveSlot(boolean isQuick) {
            SlowCalls counted = slowCalls;
            if (counted == null || slot == NONE) {
                return;
            }
            int left = SLOT.getAndSet(this, NONE);
            if (left == NONE) {
                return;
            }
            long lasted = breaker.now() - start;
            if (isQuick) {
                counted.end(left, Sender.of(exchange), lasted);
            } else {
                counted.forget(left, Sender.of(exchange), lasted);
            }
        }

        /** True if the server has ended the call so, or the lack of it. */
        private static boolean isSaid(@Nullable Throwable error) {
            return error instanceof Refusal refusal
                    && (FailureKind.of(refusal.reason()) != null || FailureKind.isAnswer(refusal.reason()));
        }
    }
}
