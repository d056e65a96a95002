package io.headgate.gateway.dialect;

import io.headgate.filter.Refusal;
import io.headgate.gateway.session.Session;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import org.jspecify.annotations.Nullable;

/** The answer to {@code initialize}: what the fleet offers, in the words of the older revisions, and a session. */
final class InitializeReply extends Reply {
    private final Session session;
    private final Outcome outcome;

    /** Takes what {@code initialize} came to. */
    interface Outcome {
        void succeeded(Pieces response);

        void failed(int status, Pieces response, String... fields);
    }

    InitializeReply(HttpCall call, RequestId id, Session session, DialectMeters meters, Outcome outcome) {
        super(call, id, Methods.INITIALIZE, meters);
        this.session = session;
        this.outcome = outcome;
    }

    @Override
    void respond(JsonRpc.Response response) {
        if (response instanceof JsonRpc.Success success) {
            outcome.succeeded(Wording.success(id, result(success.envelope())));
        } else if (response instanceof JsonRpc.Failure failure) {
            outcome.failed(200, Wording.failure(id, failure.code(), failure.message(), failure.data()));
        }
    }

    @Override
    void refuse(Refusal refusal) {
        outcome.failed(
                Wording.Answer.of(refusal.reason()).status(), Wording.failure(id, refusal), Wording.fields(refusal));
    }

    private RawJson result(Envelope discovered) {
        StringBuilder out = new StringBuilder("{\"protocolVersion\":")
                .append(JsonStrings.quote(session.client().protocolVersion()))
                .append(",\"capabilities\":")
                .append(orEmpty(discovered.get(Member.RESULT_CAPABILITIES)))
                .append(",\"serverInfo\":")
                .append(orEmpty(discovered.get(Member.META_SERVER_INFO)));
        RawJson instructions = discovered.get(Member.INSTRUCTIONS);
        if (instructions != null) {
            out.append(",\"instructions\":").append(instructions);
        }
        return RawJson.of(out.append('}').toString());
    }

    private static RawJson orEmpty(@Nullable RawJson value) {
        return value == null ? RawJson.EMPTY_OBJECT : value;
    }

    @Override
    void send(JsonRpc message) {
        // Nothing can come before the answer to initialize.
    }

    @Override
    boolean isWritable() {
        return true;
    }
}
