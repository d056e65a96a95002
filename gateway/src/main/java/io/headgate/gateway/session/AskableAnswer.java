package io.headgate.gateway.session;

import io.headgate.filter.Exchange;
import io.headgate.mcp.JsonRpc;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * The answer to a call whose client is asked by a result.
 *
 * <p>Nearly every call asks nothing, and then this is two objects that look at each message's type and pass it on.
 */
final class AskableAnswer extends FluxOperator<JsonRpc, JsonRpc> {
    private final Exchange exchange;
    private final Parking parking;

    AskableAnswer(Flux<JsonRpc> answer, Exchange exchange, Parking parking) {
        super(answer);
        this.exchange = exchange;
        this.parking = parking;
    }

    @Override
    public void subscribe(CoreSubscriber<? super JsonRpc> client) {
        source.subscribe(new FirstLeg(parking, exchange, client));
    }

    /** The exchange that began the call; with the first question, the call itself takes over. */
    private static final class FirstLeg extends Leg implements CoreSubscriber<JsonRpc> {
        @SuppressWarnings("NullAway.Init") // Set before anything else is called: rule 1.9 of Reactive Streams.
        private Subscription upstream;

        FirstLeg(Parking parking, Exchange exchange, CoreSubscriber<? super JsonRpc> client) {
            super(parking, exchange, client);
        }

        @Override
        public Context currentContext() {
            return client.currentContext();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            if (Operators.validate(upstream, subscription)) {
                upstream = subscription;
                client.onSubscribe(this);
            }
        }

        @Override
        public void request(long n) {
            boolean isAsked = call != null;
            super.request(n);
            if (!isAsked) {
                upstream.request(n);
                // The first question may have come meanwhile.
                wake();
            }
        }

        @Override
        public void cancel() {
            super.cancel();
            if (call == null) {
                upstream.cancel();
            }
        }

        @Override
        public void onNext(JsonRpc message) {
            AskedCall asked = call;
            if (asked == null) {
                if (!(message instanceof JsonRpc.Question)) {
                    emitted++;
                    client.onNext(message instanceof JsonRpc.Failure ? asking(message) : message);
                    return;
                }
                asked = begin();
            }
            asked.onNext(message);
        }

        private AskedCall begin() {
            AskedCall begun = new AskedCall(parking, this, upstream);
            call = begun;
            if (isCancelled) {
                begun.cancel(this);
            }
            return begun;
        }

        @Override
        public void onError(Throwable error) {
            AskedCall asked = call;
            if (asked == null) {
                client.onError(error);
            } else {
                asked.onEnd(error);
            }
        }

        @Override
        public void onComplete() {
            AskedCall asked = call;
            if (asked == null) {
                client.onComplete();
            } else {
                asked.onEnd(null);
            }
        }

        @Override
        @Nullable
        JsonRpc inItsWords(JsonRpc message) {
            return asking(message);
        }
    }
}
