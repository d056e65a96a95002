package io.headgate.gateway.generation;

import io.headgate.filter.CallOperator;
import io.headgate.filter.Exchange;
import io.headgate.mcp.JsonRpc;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/** The answer of a generation, which is kept until the answer is over. */
final class CountedAnswer extends Flux<JsonRpc> {
    private enum State {
        ON_ITS_WAY,
        OVER
    }

    private final Generation generation;
    private final Exchange exchange;

    CountedAnswer(Generation generation, Exchange exchange) {
        this.generation = generation;
        this.exchange = exchange;
    }

    @Override
    public void subscribe(CoreSubscriber<? super JsonRpc> client) {
        generation.begins();
        generation.handler().handle(exchange).subscribe(new Counted(client, generation));
    }

    private static final class Counted extends CallOperator<State> {
        private final Generation generation;

        Counted(CoreSubscriber<? super JsonRpc> client, Generation generation) {
            super(client, State.ON_ITS_WAY);
            this.generation = generation;
        }

        @Override
        public void onError(Throwable error) {
            over();
            super.onError(error);
        }

        @Override
        public void onComplete() {
            over();
            super.onComplete();
        }

        @Override
        public void cancel() {
            // What ends on the way of the cancel is still this generation's.
            super.cancel();
            over();
        }

        private void over() {
            if (move(State.ON_ITS_WAY, State.OVER)) {
                generation.ends();
            }
        }
    }
}
