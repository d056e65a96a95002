package io.headgate.filter;

import io.headgate.mcp.JsonRpc;
import org.jspecify.annotations.Nullable;

/**
 * One client message on its way: the message, what it addresses, who sent it, and what the sender can do.
 *
 * <p>Immutable: a filter that knows more passes on a changed copy.
 *
 * @param route where it goes, found once before the chain
 * @param deadline when the client stops waiting for the answer, on the clock of {@link FilterContext#timer} in nanoseconds;
 *     {@link #NO_DEADLINE} if it is unknown
 * @param trail what is learnt of it on its way, or null if no filter wants to know
 */
public record Exchange(
        JsonRpc.FromClient message,
        Target target,
        Route route,
        Caller caller,
        Client client,
        @Nullable ClientSession session,
        RequestHeaders headers,
        long deadline,
        @Nullable Trail trail) {
    /** The client waits for ever, or for as long as the upstream's own limits let it. */
    public static final long NO_DEADLINE = Long.MAX_VALUE;

    /** An exchange without a deadline and without a trail. */
    public Exchange(
            JsonRpc.FromClient message,
            Target target,
            Route route,
            Caller caller,
            Client client,
            @Nullable ClientSession session,
            RequestHeaders headers) {
        this(message, target, route, caller, client, session, headers, NO_DEADLINE, null);
    }

    public String method() {
        return message.method();
    }

    public boolean hasDeadline() {
        return deadline != NO_DEADLINE;
    }

    /** True if there is no more time for what takes so long from now on. */
    public boolean endsWithin(long nanos, long now) {
        return hasDeadline() && deadline - now <= nanos;
    }

    /**
     * The same as the server at the end of its route knows it.
     *
     * <p>For what stands behind the router: a filter that changes the target changes nothing of where the exchange goes.
     */
    public Exchange withTarget(Target changed) {
        return new Exchange(message, changed, route, caller, client, session, headers, deadline, trail);
    }

    /** The same on another route; its header fields are those that the route's end wants. */
    public Exchange withRoute(Route changed) {
        return new Exchange(message, target, changed, caller, client, session, headers.on(changed), deadline, trail);
    }

    /** The same, sent by this caller, on whose account it is from now on what is held of the message. */
    public Exchange withCaller(Caller changed) {
        headers.sentBy(changed);
        return new Exchange(message, target, route, changed, client, session, headers, deadline, trail);
    }

    public Exchange withMessage(JsonRpc.FromClient changed) {
        return new Exchange(changed, target, route, caller, client, session, headers, deadline, trail);
    }

    /** The same with a deadline, unless it has a sooner one. */
    public Exchange withDeadline(long changed) {
        return hasDeadline() && changed - deadline >= 0
                ? this
                : new Exchange(message, target, route, caller, client, session, headers, changed, trail);
    }

    /** The same for a part that may take any time, because a person was asked before. */
    public Exchange withoutDeadline() {
        return hasDeadline()
                ? new Exchange(message, target, route, caller, client, session, headers, NO_DEADLINE, trail)
                : this;
    }

    /** The same with something that takes down what happens to it. */
    public Exchange withTrail(Trail kept) {
        return new Exchange(message, target, route, caller, client, session, headers, deadline, kept);
    }
}
