package io.headgate.filter;

import io.headgate.mcp.JsonRpc;
import org.jspecify.annotations.Nullable;

/**
 * One client message on its way: the message, what it addresses, who sent it, and what the sender can do.
 *
 * <p>Immutable: a filter that knows more passes on a changed copy.
 *
 * @param trail what is learnt of it on its way, or null if nobody wants to know
 */
public record Exchange(
        JsonRpc.FromClient message,
        Target target,
        Caller caller,
        Client client,
        @Nullable ClientSession session,
        RequestHeaders headers,
        @Nullable Trail trail) {

    /** An exchange of which nobody keeps what happens to it. */
    public Exchange(
            JsonRpc.FromClient message,
            Target target,
            Caller caller,
            Client client,
            @Nullable ClientSession session,
            RequestHeaders headers) {
        this(message, target, caller, client, session, headers, null);
    }

    public String method() {
        return message.method();
    }

    public Exchange withTarget(Target changed) {
        return new Exchange(message, changed, caller, client, session, headers, trail);
    }

    public Exchange withCaller(Caller changed) {
        return new Exchange(message, target, changed, client, session, headers, trail);
    }

    public Exchange withMessage(JsonRpc.FromClient changed) {
        return new Exchange(changed, target, caller, client, session, headers, trail);
    }

    /** The same with something that takes down what happens to it. */
    public Exchange withTrail(Trail kept) {
        return new Exchange(message, target, caller, client, session, headers, kept);
    }
}
