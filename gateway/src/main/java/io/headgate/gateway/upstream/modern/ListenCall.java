package io.headgate.gateway.upstream.modern;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.call.UpstreamCall;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.gateway.upstream.wire.RequestWriter;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/**
 * One {@code subscriptions/listen} of 2026-07-28: changes until somebody ends it.
 *
 * <p>It ends empty when the upstream ends it, and with the upstream's error if it was refused.
 */
final class ListenCall extends UpstreamCall {
    private final Exchange exchange;
    private final Set<String> asked;
    private final Reconnecting owner;
    private boolean acknowledged;

    ListenCall(
            HttpClient client,
            Exchange exchange,
            Set<String> asked,
            Reconnecting owner,
            CoreSubscriber<? super JsonRpc> actual) {
        super(client, actual);
        this.exchange = exchange;
        this.asked = asked;
        this.owner = owner;
    }

    @Override
    protected boolean isStanding() {
        return true;
    }

    @Override
    protected void start() {
        send(RequestWriter.modern(exchange, nextId()));
    }

    @Override
    protected void onFailing(UpstreamFault fault) {
        if (fault == UpstreamFault.CLIENT_ERROR || fault == UpstreamFault.CONTENT_TYPE) {
            owner.notOffered();
        }
    }

    @Override
    protected void onEventsEnd(UpstreamFault fault) {
        complete();
    }

    @Override
    @Nullable
    protected JsonRpc accept(Envelope message) {
        if (message.kind() != Envelope.Kind.NOTIFICATION) {
            if (message.has(Member.ERROR)) {
                owner.notOffered();
            }
            complete();
            return null;
        }
        String method = message.method();
        if (method.equals(Methods.ACKNOWLEDGED)) {
            acknowledged = true;
            owner.connected();
            return withoutId(method, message);
        }
        if (!asked.contains(method)) {
            meters.count(UpstreamFault.SUBSCRIPTION_UNREQUESTED);
            return null;
        }
        if (!acknowledged) {
            meters.count(UpstreamFault.SUBSCRIPTION_ORDER);
        }
        return withoutId(method, message);
    }

    private static JsonRpc.Notification withoutId(String method, Envelope message) {
        RawJson params = message.params();
        return new JsonRpc.Notification(
                method,
                params == null
                        ? null
                        : message.remove(new Splice(params), Member.META_SUBSCRIPTION_ID)
                                .toJson());
    }
}
