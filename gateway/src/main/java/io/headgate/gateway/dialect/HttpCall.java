package io.headgate.gateway.dialect;

import io.headgate.filter.RequestHeaders;
import io.headgate.gateway.session.EventStream;
import io.headgate.mcp.Pieces;
import java.util.List;

/**
 * One HTTP request that the door let through, read whole, and the means to answer it once.
 *
 * <p>It lives on one event loop: the dialect is called there, and answers from there. An answer from elsewhere hops.
 */
public interface HttpCall {
    /** {@code POST}, {@code GET} or {@code DELETE}. */
    String method();

    /** Which MCP endpoint was addressed. */
    Endpoint endpoint();

    /** The server named by the path, or the empty string for the fleet. */
    String server();

    /** The query without its question mark; empty if there is none. */
    String query();

    RequestHeaders headers();

    /** All values of a field in their order. */
    List<String> headers(String name);

    /** The whole body; empty for a request without one. */
    byte[] body();

    /** Notes that the bytes of the body are needed until it is released, even if the client goes away before. */
    default void holdBody(BodyHolder holder) {}

    /** The bytes of the body are needed no more by this one. */
    default void releaseBody(BodyHolder holder) {}

    /** Needs the bytes of a body until it has answered. */
    interface BodyHolder {
        /** Memory is short: must answer with an error and let the body go; on the event loop of the call. */
        void noMemory();
    }

    /** Answers at once with JSON, or with no body if the pieces are empty; the extra fields are name, value, name, value. */
    void answer(int status, Pieces json, String... fields);

    /** Answers with an event stream, which begins now. */
    EventStream stream(String... fields);

    /** Runs when the client went away before the answer was complete; never after it. */
    void onDisconnect(Runnable action);

    /**
     * Runs once if nothing was answered for the keep-alive interval, so that a dialect that still waits for its first
     * message can begin a stream, which keeps itself alive.
     */
    void onQuiet(Runnable action);

    /** True on the event loop of this exchange. */
    boolean isOnLoop();

    /** Runs a task on the event loop of this exchange. */
    void execute(Runnable task);

    /** The endpoints that speak MCP. */
    enum Endpoint {
        /** {@code /mcp} and {@code /mcp/{server}}: Streamable HTTP of all revisions that have it. */
        MCP,
        /** {@code /sse} and {@code /sse/{server}}: the stream of 2024-11-05. */
        SSE,
        /** {@code /messages}: where a client of 2024-11-05 posts. */
        MESSAGES
    }
}
