package io.headgate.gateway.upstream.call;

import io.headgate.mcp.JsonRpc;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/** Makes a new call for each subscriber: a call is its own subscription, so nothing stands between the two. */
public final class CallFlux extends Flux<JsonRpc> {
    private final Factory factory;

    /** Makes the call of a subscriber. */
    @FunctionalInterface
    public interface Factory {
        UpstreamCall make(CoreSubscriber<? super JsonRpc> actual);
    }

    public CallFlux(Factory factory) {
        this.factory = factory;
    }

    @Override
    public void subscribe(CoreSubscriber<? super JsonRpc> actual) {
        UpstreamCall call = factory.make(actual);
        actual.onSubscribe(call);
        call.begin();
    }
}
