package io.headgate.gateway.upstream.legacy;

import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.call.UpstreamCall;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.gateway.upstream.wire.AnswerReader;
import io.headgate.gateway.upstream.wire.HeaderText;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.OutgoingRequest.Method;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/** The first request of a session, whose answer may name the session. */
class InitializeCall extends UpstreamCall {
    private final RawJson params;
    private final Consumer<@Nullable String> session;
    private long id;

    InitializeCall(
            HttpClient client,
            RawJson params,
            Consumer<@Nullable String> session,
            CoreSubscriber<? super JsonRpc> actual) {
        super(client, actual);
        this.params = params;
        this.session = session;
    }

    @Override
    protected final void start() {
        id = nextId();
        Pieces body = new Pieces(4)
                .add("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"initialize\",\"params\":")
                .add(params)
                .add("}");
        send(new OutgoingRequest(Method.POST, body));
    }

    @Override
    protected final boolean takesStatus(int code, HttpHeaders headers) {
        String offered = headers.get("mcp-session-id");
        if (offered != null && !HeaderText.isSessionId(offered)) {
            fail(UpstreamFault.SHAPE);
            return true;
        }
        session.accept(offered);
        return false;
    }

    @Override
    protected final @Nullable JsonRpc accept(Envelope message) {
        if (message.kind() != Envelope.Kind.RESPONSE) {
            return null;
        }
        if (!message.hasId(id) && !isUnread(message)) {
            fail(UpstreamFault.ID_MISMATCH);
            return null;
        }
        if (message.has(Member.RESULT)) {
            return new JsonRpc.Success(message);
        }
        JsonRpc.Failure failure = AnswerReader.failure(message, meters);
        if (failure == null) {
            fail(UpstreamFault.SHAPE);
        }
        return failure;
    }
}
