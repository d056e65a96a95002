package io.headgate.filter;

/** A client's standing connection, in the revisions that have one: what state elsewhere may be bound to. */
public interface ClientSession {
    /** Unguessable and unique; not to be logged or sent to an upstream. */
    String id();

    /** Runs an action when the session has ended; at once if it has. */
    void onEnd(Runnable action);
}
