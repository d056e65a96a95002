package io.headgate.filter;

/**
 * What is known of a request before its body was read: what its header fields say, which nobody has compared with the
 * body yet.
 *
 * <p>Each part is found when it is asked for, so that whoever has nothing to refuse pays nothing.
 */
public interface RequestHead {
    String method();

    /** The door that the client chose, and what it says it wants there. */
    Target target();

    RequestHeaders headers();
}
