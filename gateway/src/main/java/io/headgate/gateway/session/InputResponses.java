package io.headgate.gateway.session;

import io.headgate.filter.Exchange;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the client of a call says in its next round, in the words of a server that asked by its result. */
final class InputResponses {
    private InputResponses() {}

    /** The call as it was first made, with the answers to the last round and the state that came with it. */
    static Exchange to(
            Exchange first, List<InputRequest> requests, @Nullable RawJson[] answers, @Nullable RawJson state) {
        JsonRpc.Request request = (JsonRpc.Request) first.message();
        Envelope envelope = request.envelope();
        RawJson written = envelope.params();
        RawJson params = written == null ? RawJson.EMPTY_OBJECT : written;
        StringBuilder members = new StringBuilder();
        for (int i = 0; i < answers.length; i++) {
            members.append(i == 0 ? "\"inputResponses\":{" : ",")
                    .append(JsonStrings.quote(requests.get(i).key()))
                    .append(':')
                    .append(answers[i]);
        }
        members.append(answers.length == 0 ? "" : "}");
        if (state != null) {
            members.append(members.isEmpty() ? "" : ",")
                    .append("\"requestState\":")
                    .append(state);
        }
        Splice splice = new Splice(params);
        envelope.remove(splice, Member.INPUT_RESPONSES);
        envelope.remove(splice, Member.REQUEST_STATE);
        if (!members.isEmpty()) {
            splice.insert(params, members.toString());
        }
        Envelope changed = Envelope.ofRequest(request.method(), splice.toJson());
        return first.withMessage(new JsonRpc.Request(request.id(), request.method(), changed));
    }
}
