package io.headgate.gateway.session;

import io.headgate.mcp.Pieces;
import org.jspecify.annotations.Nullable;

/**
 * The server-sent events of one answer.
 *
 * <p>The door writes keep-alive comments by itself while nothing else is sent, holds what the client has not read up to
 * a bound, and ends the stream of a client that does not read. A writer that watches {@link #isWritable()} never meets
 * that bound.
 */
public interface EventStream {
    /** Sends an event named {@code message}, its data on one line; the id is left out if it is null. */
    void message(@Nullable String id, Pieces data);

    /** Sends an event with a name of its own, as 2024-11-05 needs for its endpoint. */
    void event(String name, Pieces data);

    /** Sends an event that has an id, no data, and tells the client how long to wait before it reconnects. */
    void prime(String id, long retryMillis);

    /** False while more is held than the client reads: the writer should wait. */
    boolean isWritable();

    /** Runs each time the stream becomes writable again. */
    void onWritable(Runnable action);

    /** Ends the stream after what was sent. */
    void end();
}
