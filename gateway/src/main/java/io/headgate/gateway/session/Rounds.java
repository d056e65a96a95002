package io.headgate.gateway.session;

import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Target;
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
public final class Rounds implements Handler {
    static final int MOST_ROUNDS = 8;
    static final Duration PAUSE = Duration.ofMillis(250);

    final Handler next;
    final Function<Target, Mono<Void>> relearn;
    final Duration answerWithin;
    final Scheduler timer;
    final Counter answered;
    final Counter paused;
    final Counter failed;

    /**
     * @param next takes the exchange, again for each round; seals and opens the states of the rounds itself
     * @param relearn reads the tools of a tool's server again, and completes when that is over
     * @param timer keeps to the event loop of the call
     */
    public Rounds(
            Handler next,
            Function<Target, Mono<Void>> relearn,
            SessionConfig config,
            MeterRegistry meters,
            Scheduler timer) {
        this.next = next;
        this.relearn = relearn;
        this.answerWithin = config.question();
        this.timer = timer;
        this.answered = meters.counter(MeterNames.BRIDGE_ROUNDS, "outcome", "answered");
        this.paused = meters.counter(MeterNames.BRIDGE_ROUNDS, "outcome", "paused");
        this.failed = meters.counter(MeterNames.BRIDGE_ROUNDS, "outcome", "failed");
    }

    @Override
    public Flux<JsonRpc> handle(Exchange exchange) {
        return exchange.client().isAskedByResult() || !Methods.mayAskForInput(exchange.method())
                ? next.handle(exchange)
                : new AskedCall(this, exchange);
    }

    /** The answer to one exchange, over all its rounds. */
    private static final class AskedCall extends Flux<JsonRpc> {
        private final Rounds rounds;
        private final Exchange exchange;

        AskedCall(Rounds rounds, Exchange exchange) {
            this.rounds = rounds;
            this.exchange = exchange;
        }

        @Override
        public void subscribe(CoreSubscriber<? super JsonRpc> actual) {
            rounds.next.handle(exchange).subscribe(new RoundsCall(rounds, exchange, actual));
        }
    }
}
