package io.headgate.filter;

import io.headgate.mcp.JsonRpc;
import org.jspecify.annotations.Nullable;

/**
 * One client message on its way: the message, what it addresses, who sent it, and what the sender can do.
 *
 * <p>Immutable: a filter that knows more passes on a changed copy.
 */
public record Exchange(
        JsonRpc.FromClient message,
        Target target,
        Caller caller,
        Client client,
        @Nullable ClientSession session,
        RequestHeaders headers) {

    public String method() {
        return message.method();
    }

    public Exchange withTarget(Target changed) {
        return new Exchange(message, changed, caller, client, session, headers);
    }

    public Exchange withCaller(Caller changed) {
        return new Exchange(message, target, changed, client, session, headers);
    }

    public Exchange withMessage(JsonRpc.FromClient changed) {
        return new Exchange(changed, target, caller, client, session, headers);
    }
}
