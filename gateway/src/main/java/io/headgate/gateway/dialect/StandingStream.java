package io.headgate.gateway.dialect;

import io.headgate.gateway.session.Session;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RpcCodes;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;

/** Brings a session what belongs to none of its calls: changes of lists, updates, log messages, questions. */
final class StandingStream implements CoreSubscriber<JsonRpc> {
    private static final Logger LOG = LoggerFactory.getLogger(StandingStream.class);

    private final Session session;
    private volatile @Nullable Subscription subscription;
    private volatile boolean cancelled;

    StandingStream(Session session) {
        this.session = session;
    }

    @Override
    public void onSubscribe(Subscription upstream) {
        subscription = upstream;
        if (cancelled) {
            upstream.cancel();
            return;
        }
        session.standing().onWritable(() -> upstream.request(1));
        upstream.request(1);
    }

    @Override
    public void onNext(JsonRpc message) {
        if (message instanceof JsonRpc.Notification notification) {
            // The acknowledgement belongs to the era that has subscriptions.
            if (!notification.method().equals(Methods.ACKNOWLEDGED)) {
                session.standing().send(Wording.notification(notification.method(), notification.params()));
            }
        } else if (message instanceof JsonRpc.Question question) {
            long number = session.ask(question);
            if (number < 0) {
                question.answer()
                        .accept(new JsonRpc.Failure(
                                RpcCodes.INTERNAL_ERROR, "the client has too many open questions", null));
            } else {
                session.standing().send(Wording.request(number, question.method(), question.params()));
            }
        }
        Subscription upstream = subscription;
        if (upstream != null && session.standing().isWritable()) {
            upstream.request(1);
        }
    }

    @Override
    public void onError(Throwable error) {
        LOG.debug("A standing stream ended", error);
        session.standing().finish();
    }

    @Override
    public void onComplete() {
        session.standing().finish();
    }

    void cancel() {
        cancelled = true;
        Subscription upstream = subscription;
        if (upstream != null) {
            upstream.cancel();
        }
    }
}
