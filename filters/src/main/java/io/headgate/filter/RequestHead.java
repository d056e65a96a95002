package io.headgate.filter;

/**
 * What is known of a request before its body was read: what its header fields say, not yet compared with the body.
 *
 * <p>Each part is found when it is asked for, so that a filter that refuses nothing pays nothing.
 */
public interface RequestHead {
    /** The method of MCP, or the empty string: requests of older revisions have it in their bodies only. */
    String method();

    /** The door that the client chose, and what it says it wants there, if its revision says so in its head. */
    Target target();

    /** Where the request goes, if it goes where its head says. */
    Route route();

    RequestHeaders headers();
}
