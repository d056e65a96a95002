package io.headgate.gateway.session;

import io.headgate.filter.Exchange;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import io.headgate.mcp.Splice;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/** One exchange's part of a call: what it asked for, and what it was given. */
class Leg implements Subscription {
    private static final AtomicLongFieldUpdater<Leg> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(Leg.class, "requested");

    final Parking parking;
    final Exchange exchange;
    final CoreSubscriber<? super JsonRpc> client;

    /** The call, once its client was asked something. */
    volatile @Nullable AskedCall call;

    volatile long requested;
    volatile boolean isCancelled;

    /** Owned by whoever delivers. */
    long emitted;

    Leg(Parking parking, Exchange exchange, CoreSubscriber<? super JsonRpc> client) {
        this.parking = parking;
        this.exchange = exchange;
        this.client = client;
    }

    @Override
    public void request(long n) {
        if (Operators.validate(n)) {
            var unused = Operators.addCap(REQUESTED, this, n);
            wake();
        }
    }

    @Override
    public void cancel() {
        isCancelled = true;
        AskedCall asked = call;
        if (asked != null) {
            asked.cancel(this);
        }
    }

    final void wake() {
        AskedCall asked = call;
        if (asked != null) {
            asked.drain();
        }
    }

    /** The message as this exchange may have it, or null if it may not: the call began with an earlier one. */
    @Nullable
    JsonRpc inItsWords(JsonRpc message) {
        if (message instanceof JsonRpc.Notification notification) {
            return switch (notification.method()) {
                case Methods.PROGRESS -> withOwnToken(notification);
                case Methods.MESSAGE -> exchange.client().logLevel() == null ? null : message;
                default -> message;
            };
        }
        return asking(message);
    }

    /** An error that sends the client's user to some pages is an input that is required. */
    final JsonRpc asking(JsonRpc message) {
        return message instanceof JsonRpc.Failure failure && failure.code() == RpcCodes.URL_ELICITATION_REQUIRED
                ? parking.consents().ask(exchange, failure)
                : message;
    }

    private @Nullable JsonRpc withOwnToken(JsonRpc.Notification progress) {
        RawJson token = exchange.message().envelope().get(Member.META_PROGRESS_TOKEN);
        RawJson params = progress.params();
        RawJson written = params == null ? null : params.get("progressToken");
        if (token == null || params == null || written == null) {
            return null;
        }
        return new JsonRpc.Notification(
                Methods.PROGRESS,
                new Splice(params).replace(written, token.toByteArray()).toJson());
    }
}
