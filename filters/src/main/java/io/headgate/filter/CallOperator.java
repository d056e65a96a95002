package io.headgate.filter;

import io.headgate.mcp.JsonRpc;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One call on its way through a filter: what comes back passes to the client, and a state with a name says how far it is.
 *
 * <p>It is the client's subscription as well, so one object is all that a call costs here. Demand that comes before the answer
 * is subscribed to is kept for it, and a cancel that comes before cancels it then. A filter whose answer begins later hands the
 * operator to its client itself, and overrides {@link #onSubscribe} with {@link #connect}.
 *
 * @param <S> how far a call can be; it begins with one of them, and only {@link #move} leads from one to another
 */
public abstract class CallOperator<S extends Enum<S>> extends Operators.DeferredSubscription
        implements CoreSubscriber<JsonRpc> {
    @SuppressWarnings("rawtypes") // An updater knows no type parameters.
    private static final AtomicReferenceFieldUpdater<CallOperator, Enum> STATE =
            AtomicReferenceFieldUpdater.newUpdater(CallOperator.class, Enum.class, "state");

    protected final CoreSubscriber<? super JsonRpc> client;
    private volatile S state;

    protected CallOperator(CoreSubscriber<? super JsonRpc> client, S first) {
        this.client = client;
        this.state = first;
    }

    protected final S state() {
        return state;
    }

    protected final boolean is(S expected) {
        return state == expected;
    }

    /** Goes from one state to another; true for the only thread that does. */
    protected final boolean move(S from, S to) {
        return state == from && STATE.compareAndSet(this, from, to);
    }

    @Override
    public Context currentContext() {
        return client.currentContext();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        connect(subscription);
        client.onSubscribe(this);
    }

    /** Takes the answer's subscription, and asks it for what the client has asked for by now. */
    protected final void connect(Subscription subscription) {
        var unused = set(subscription);
    }

    @Override
    public void onNext(JsonRpc message) {
        client.onNext(message);
    }

    @Override
    public void onError(Throwable error) {
        client.onError(error);
    }

    @Override
    public void onComplete() {
        client.onComplete();
    }
}
