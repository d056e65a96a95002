package io.headgate.filter.ratelimit;

import io.github.bucket4j.ConsumptionProbe;
import io.headgate.filter.CallOperator;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonRpc;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/** An answer that begins when Redis has decided, or when that took too long and this gateway decided alone. */
final class SharedAnswer extends Flux<JsonRpc> {
    private final RateLimitFilter filter;
    private final SharedLimits limits;
    private final Exchange exchange;
    private final Handler next;

    SharedAnswer(RateLimitFilter filter, SharedLimits limits, Exchange exchange, Handler next) {
        this.filter = filter;
        this.limits = limits;
        this.exchange = exchange;
        this.next = next;
    }

    @Override
    public void subscribe(CoreSubscriber<? super JsonRpc> client) {
        Subject subject = filter.subject(exchange);
        SharedBuckets shared = limits.buckets();
        if (shared != null) {
            List<Claim> claims = claims(subject, shared);
            if (!claims.isEmpty()) {
                Decision decision = new Decision(client, subject, shared, claims);
                client.onSubscribe(decision);
                decision.begin();
                return;
            }
        }
        Refusal refusal = filter.decide(subject);
        if (refusal == null) {
            next.handle(exchange).subscribe(client);
        } else {
            Operators.error(client, refusal);
        }
    }

    /** Asks for the tokens of all limits at once. */
    private List<Claim> claims(Subject subject, SharedBuckets shared) {
        int[] costs = filter.costs(subject);
        List<Claim> claims = new ArrayList<>(costs.length);
        for (int i = 0; i < costs.length; i++) {
            Object key = costs[i] == 0
                    ? null
                    : subject.key(filter.limits()[i].config().per());
            if (key != null) {
                claims.add(new Claim(i, key, costs[i], shared.take(i, key, costs[i])));
            }
        }
        return claims;
    }

    /** What was asked of one limit. */
    private record Claim(int limit, Object key, int tokens, CompletableFuture<ConsumptionProbe> answer) {
        /** What Redis said, or null if that failed. */
        @Nullable
        ConsumptionProbe probe() {
            return answer.isCompletedExceptionally() ? null : answer.join();
        }
    }

    /** The wait for Redis; then it is one with the answer. */
    private final class Decision extends CallOperator<Decision.Stage> {
        /** Who decides, and whether what Redis took for a refused call was given back. */
        enum Stage {
            WAITING,
            DECIDED,
            GIVEN_BACK
        }

        private final Subject subject;
        private final SharedBuckets shared;
        private final List<Claim> claims;
        private final AtomicInteger open;
        /** Brings the decision back to the event loop that the call came from. */
        private final Scheduler.Worker home = filter.timer().createWorker();

        private volatile boolean isRefusedAlone;

        Decision(CoreSubscriber<? super JsonRpc> client, Subject subject, SharedBuckets shared, List<Claim> claims) {
            super(client, Stage.WAITING);
            this.subject = subject;
            this.shared = shared;
            this.claims = claims;
            this.open = new AtomicInteger(claims.size());
        }

        void begin() {
            try {
                var unused = home.schedule(this::late, limits.store().deadlineNanos(), TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException stopping) {
                decideAlone();
                return;
            }
            for (Claim claim : claims) {
                claim.answer().whenComplete((probe, error) -> {
                    if (open.decrementAndGet() == 0) {
                        goHome();
                        giveBackIfRefused();
                    }
                });
            }
        }

        private void goHome() {
            try {
                var unused = home.schedule(this::settle);
            } catch (RejectedExecutionException decidedOrStopping) {
                // Without a loop nobody can be answered any more.
            }
        }

        /** All claims are answered. */
        private void settle() {
            if (!move(Stage.WAITING, Stage.DECIDED)) {
                return;
            }
            home.dispose();
            long wait = -1;
            int refusing = 0;
            for (Claim claim : claims) {
                ConsumptionProbe probe = claim.probe();
                if (probe == null) {
                    limits.store().late(shared);
                    go(filter.decide(subject));
                    return;
                }
                if (!probe.isConsumed() && probe.getNanosToWaitForRefill() > wait) {
                    wait = probe.getNanosToWaitForRefill();
                    refusing = claim.limit();
                }
            }
            limits.store().inTime();
            filter.decidedTogether();
            if (wait < 0) {
                go(null);
                return;
            }
            giveBack();
            go(filter.limits()[refusing].refuse(wait));
        }

        /** Limits that would have let it pass lose nothing by it. */
        private void giveBack() {
            for (Claim claim : claims) {
                ConsumptionProbe probe = claim.probe();
                if (probe != null && probe.isConsumed()) {
                    shared.giveBack(claim.limit(), claim.key(), claim.tokens());
                }
            }
        }

        /** Redis did not answer in time. What it takes later for this call stays taken, unless that is refused. */
        private void late() {
            if (move(Stage.WAITING, Stage.DECIDED)) {
                home.dispose();
                limits.store().late(shared);
                Refusal refusal = filter.decide(subject);
                isRefusedAlone = refusal != null;
                giveBackIfRefused();
                go(refusal);
            }
        }

        private void giveBackIfRefused() {
            if (isRefusedAlone && open.get() == 0 && move(Stage.DECIDED, Stage.GIVEN_BACK)) {
                giveBack();
            }
        }

        private void decideAlone() {
            if (move(Stage.WAITING, Stage.DECIDED)) {
                home.dispose();
                go(filter.decide(subject));
            }
        }

        private void go(@Nullable Refusal refusal) {
            if (isCancelled()) {
                return;
            }
            if (refusal == null) {
                next.handle(exchange).subscribe(this);
            } else {
                client.onError(refusal);
            }
        }

        @Override
        public void cancel() {
            if (move(Stage.WAITING, Stage.DECIDED)) {
                home.dispose();
            }
            super.cancel();
        }

        @Override
        public void onSubscribe(Subscription upstream) {
            connect(upstream);
        }
    }
}
