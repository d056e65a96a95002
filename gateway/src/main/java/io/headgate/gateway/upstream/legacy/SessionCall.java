package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Exchange;
import io.headgate.mcp.JsonRpc;

/** A call on its way in a session, as the session's stream sees it. */
interface SessionCall {
    Exchange exchange();

    boolean canAsk();

    /** Passes on a message from the session's stream, whatever thread that is on. */
    void take(JsonRpc message, int length);

    /** The call's client is asked something; the clock rests. */
    void asked();

    /** The answer is there; called by whichever thread has it. */
    void answered();

    /** Runs it on the call's event loop. */
    void move(Runnable task);
}
