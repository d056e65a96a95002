package io.headgate.filter.retry;

import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.mcp.JsonRpc;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One call over all its attempts, as the subscription of whoever waits for the answer.
 *
 * <p>The attempt whose message comes first is the answer: from then on nothing is sent again, another attempt is
 * cancelled, and everything passes without a lock. Until then there are at most two attempts at a time, the second one
 * beside the first if that is slow, or a clock for the next one.
 */
final class RepeatedCall implements Subscription {
    private final RetryFilter filter;
    private final ServerRetries server;
    private final Exchange exchange;
    private final Handler next;
    private final CoreSubscriber<? super JsonRpc> client;

    /** Set once, under the lock. */
    private volatile @Nullable Attempt answer;

    // Guarded by this.
    private long wanted;
    private int begun;
    private boolean isOver;
    private @Nullable Attempt first;
    private @Nullable Attempt second;
    private @Nullable Disposable clock;

    RepeatedCall(
            RetryFilter filter,
            ServerRetries server,
            Exchange exchange,
            Handler next,
            CoreSubscriber<? super JsonRpc> client) {
        this.filter = filter;
        this.server = server;
        this.exchange = exchange;
        this.next = next;
        this.client = client;
    }

    void begin() {
        server.budget.call();
        attempt();
        long hedge = filter.hedgeAfter(exchange, server);
        if (hedge != RetryFilter.NOT_AGAIN) {
            hedgeAfter(hedge);
        }
    }

    @Override
    public void request(long count) {
        Attempt chosen = answer;
        if (chosen != null) {
            chosen.request(count);
            return;
        }
        Subscription one;
        Subscription other;
        synchronized (this) {
            // An attempt that is not subscribed yet asks for all that is wanted by then.
            wanted = Operators.addCap(wanted, count);
            one = first == null ? null : first.source;
            other = second == null ? null : second.source;
        }
        if (one != null) {
            one.request(count);
        }
        if (other != null) {
            other.request(count);
        }
    }

    @Override
    public void cancel() {
        Attempt one;
        Attempt other;
        synchronized (this) {
            isOver = true;
            one = first;
            other = second;
            forget();
        }
        if (one != null) {
            one.cancel();
        }
        if (other != null) {
            other.cancel();
        }
    }

    private void attempt() {
        Attempt attempt = new Attempt();
        synchronized (this) {
            if (isOver || answer != null || begun >= filter.config.attempts()) {
                return;
            }
            begun++;
            if (first == null) {
                first = attempt;
            } else {
                second = attempt;
            }
        }
        Flux<JsonRpc> source;
        try {
            source = next.handle(exchange);
        } catch (RuntimeException defect) {
            source = Flux.error(defect);
        }
        source.subscribe(attempt);
    }

    private synchronized void hedgeAfter(long nanos) {
        if (!isOver && answer == null && first != null) {
            try {
                clock = filter.timer.schedule(this::hedge, nanos, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException stopping) {
                // Whatever the first attempt comes to, there is no second one.
                return;
            }
        }
    }

    private void hedge() {
        synchronized (this) {
            boolean isAlone = first != null && second == null;
            if (isOver || answer != null || !isAlone || begun >= filter.config.attempts()) {
                return;
            }
        }
        if (filter.isAfforded(exchange, server, 0)) {
            server.hedges.increment();
            attempt();
        }
    }

    /** True if this attempt is the answer, now at the latest. */
    private boolean choose(Attempt attempt) {
        Attempt loser;
        synchronized (this) {
            if (isOver || answer != null) {
                return false;
            }
            loser = attempt == first ? second : first;
            answer = attempt;
            forget();
            first = attempt;
        }
        if (loser != null) {
            loser.cancel();
        }
        return true;
    }

    private void forget() {
        first = null;
        second = null;
        Disposable waiting = clock;
        clock = null;
        if (waiting != null) {
            waiting.dispose();
        }
    }

    private void failed(Attempt attempt, Throwable error) {
        synchronized (this) {
            if (isOver || (answer != null && answer != attempt)) {
                return;
            }
            if (answer == null && goesOn(attempt, error)) {
                return;
            }
            isOver = true;
            forget();
        }
        client.onError(error);
    }

    /** True if another attempt is on its way, or one will be. */
    private boolean goesOn(Attempt failed, Throwable error) {
        if (failed == first) {
            first = second;
        }
        second = null;
        if (first != null) {
            return true;
        }
        long pause = filter.pause(exchange, server, begun, error);
        if (pause == RetryFilter.NOT_AGAIN) {
            return false;
        }
        forget();
        try {
            clock = filter.timer.schedule(this::attempt, pause, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException stopping) {
            return false;
        }
        server.retries.increment();
        return true;
    }

    private void completed(Attempt attempt) {
        synchronized (this) {
            if (isOver) {
                return;
            }
            isOver = true;
            forget();
        }
        if (filter.learnsLatencies()) {
            server.latencies.add(filter.now() - attempt.start);
        }
        client.onComplete();
    }

    /** The exchange once on its way. */
    private final class Attempt implements CoreSubscriber<JsonRpc> {
        private final long start = filter.learnsLatencies() ? filter.now() : 0;
        private volatile @Nullable Subscription source;

        @Override
        public Context currentContext() {
            return client.currentContext();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            long count;
            synchronized (RepeatedCall.this) {
                if (this == first || this == second) {
                    count = wanted;
                    source = subscription;
                } else {
                    count = -1;
                }
            }
            if (count > 0) {
                subscription.request(count);
            } else if (count < 0) {
                subscription.cancel();
            }
        }

        @Override
        public void onNext(JsonRpc message) {
            if (answer == this || choose(this)) {
                client.onNext(message);
            }
        }

        @Override
        public void onError(Throwable error) {
            failed(this, error);
        }

        @Override
        public void onComplete() {
            if (answer == this || choose(this)) {
                completed(this);
            }
        }

        void request(long count) {
            Subscription subscription = source;
            if (subscription != null) {
                subscription.request(count);
            }
        }

        void cancel() {
            Subscription subscription = source;
            if (subscription != null) {
                subscription.cancel();
            }
        }
    }
}
