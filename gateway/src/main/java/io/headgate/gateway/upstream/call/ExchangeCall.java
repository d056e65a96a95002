package io.headgate.gateway.upstream.call;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.gateway.upstream.wire.AnswerReader;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/** The request of an exchange: what makes its answer one to it, and its progress, is the same in both eras. */
public abstract class ExchangeCall extends UpstreamCall {
    private final Exchange exchange;
    private long id;

    protected ExchangeCall(HttpClient client, Exchange exchange, CoreSubscriber<? super JsonRpc> actual) {
        super(client, actual);
        this.exchange = exchange;
    }

    @Override
    public final Exchange exchange() {
        return exchange;
    }

    protected final long id() {
        return id;
    }

    /** Gives the request that is sent next an id of its own. */
    protected final long newId() {
        id = nextId();
        return id;
    }

    /** Sends the exchange itself, and not something that belongs to it. */
    protected final void sendExchange(OutgoingRequest request) {
        attempted(exchange);
        send(client().withDeadline(request, exchange));
    }

    /** The answer does not fit the era or the transport: the server may no longer speak it. */
    protected abstract void doubt();

    /** True if an error that came without an id means that the call is made again, and that is on its way. */
    protected boolean startsAgainAfter(JsonRpc.Failure failure) {
        return false;
    }

    /** What is wrong with a result that is an object, or null. */
    protected @Nullable UpstreamFault faultOf(Envelope result) {
        return null;
    }

    /** The response of the server if it is one to this call; fails the call if it is not. */
    protected final JsonRpc.@Nullable Response response(Envelope message) {
        boolean isUnread = isUnread(message);
        if (!message.hasId(id) && !isUnread) {
            fail(UpstreamFault.ID_MISMATCH);
            return null;
        }
        if (message.has(Member.ERROR)) {
            return failure(message, isUnread);
        }
        RawJson result = message.get(Member.RESULT);
        UpstreamFault fault = result == null || !result.isObject() ? UpstreamFault.SHAPE : faultOf(message);
        if (fault != null) {
            fail(fault);
            return null;
        }
        return new JsonRpc.Success(message);
    }

    private JsonRpc.@Nullable Failure failure(Envelope message, boolean isUnread) {
        JsonRpc.Failure failure = AnswerReader.failure(message, meters);
        if (failure == null) {
            fail(UpstreamFault.SHAPE);
        } else if (isUnread && startsAgainAfter(failure)) {
            return null;
        } else if (isUnread || failure.code() == RpcCodes.UNSUPPORTED_VERSION) {
            doubt();
        }
        return failure;
    }

    /** Progress of this call under the client's own token; null if it is not about this call. */
    protected final JsonRpc.@Nullable Notification progress(Envelope message) {
        JsonRpc.Notification progress =
                AnswerReader.progress(message, id, exchange.message().envelope().get(Member.META_PROGRESS_TOKEN));
        if (progress == null) {
            meters.count(UpstreamFault.FOREIGN_PROGRESS);
        }
        return progress;
    }
}
