package io.headgate.gateway.session;

import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.function.Function;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Lets a server that asks by its result (basic/utilities/mrtr) ask a client that answers in the middle of a call.
 *
 * <p>The exchange of such a client is handled again, with the answers, as often as the server asks. It costs one operator
 * on the calls that may be asked something, and nothing on the others.
 */
public final class Rounds {
    static final int MOST_ROUNDS = 8;
    static final Duration PAUSE = Duration.ofMillis(250);

    final Function<Exchange, Mono<Exchange>> relearn;
    volatile Duration answerWithin;
    final Scheduler timer;
    final Counter answered;
    final Counter paused;
    final Counter failed;

    /**
     * @param relearn reads the tools of a call's server again, and gives the call with its route in what is known then
     * @param timer keeps to the event loop of the call
     */
    public Rounds(
            Function<Exchange, Mono<Exchange>> relearn, SessionConfig config, MeterRegistry meters, Scheduler timer) {
        this.relearn = relearn;
        this.answerWithin = config.question();
        this.timer = timer;
        this.answered = meters.counter(MeterNames.BRIDGE_ROUNDS, "outcome", "answered");
        this.paused = meters.counter(MeterNames.BRIDGE_ROUNDS, "outcome", "paused");
        this.failed = meters.counter(MeterNames.BRIDGE_ROUNDS, "outcome", "failed");
    }

    /** Clients that are asked from now on have so long. */
    public void settings(SessionConfig changed) {
        answerWithin = changed.question();
    }

    /** This with what takes the exchange, again for each round, and seals and opens the states of the rounds itself. */
    public Handler before(Handler next) {
        return exchange -> exchange.client().isModern() || !Methods.mayAskForInput(exchange.method())
                ? next.handle(exchange)
                : new AnswerInRounds(exchange, next);
    }

    private final class AnswerInRounds extends Flux<JsonRpc> {
        private final Exchange exchange;
        private final Handler next;

        AnswerInRounds(Exchange exchange, Handler next) {
            this.exchange = exchange;
            this.next = next;
        }

        @Override
        public void subscribe(CoreSubscriber<? super JsonRpc> actual) {
            next.handle(exchange).subscribe(new RoundsCall(Rounds.this, next, exchange, actual));
        }
    }
}
