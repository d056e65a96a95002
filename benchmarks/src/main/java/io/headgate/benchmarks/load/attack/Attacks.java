package io.headgate.benchmarks.load.attack;

import java.util.List;

/** The names of the attacks. */
public final class Attacks {
    public static final String LARGE_INITIALIZE = "large-initialize";
    public static final String SESSION_FLOOD = "session-flood";
    public static final String UNFINISHED_BODIES = "unfinished-bodies";
    public static final String UNFINISHED_STREAMS = "unfinished-streams";
    public static final String UNREAD_RESULTS = "unread-results";
    public static final String PROVOKED_FAILURES = "provoked-failures";
    public static final String MANY_CAPABILITIES = "many-capabilities";
    public static final String PUSHED_MESSAGES = "pushed-messages";
    public static final String LIST_CHANGES = "list-changes";
    public static final String EMPTY_RESUMPTIONS = "empty-resumptions";
    public static final String MALFORMED_REQUESTS = "malformed-requests";
    public static final String WRONG_KEYS = "wrong-keys";

    public static final List<String> ALL = List.of(
            LARGE_INITIALIZE,
            SESSION_FLOOD,
            UNFINISHED_BODIES,
            UNFINISHED_STREAMS,
            UNREAD_RESULTS,
            PROVOKED_FAILURES,
            MANY_CAPABILITIES,
            PUSHED_MESSAGES,
            LIST_CHANGES,
            EMPTY_RESUMPTIONS,
            MALFORMED_REQUESTS,
            WRONG_KEYS);

    private Attacks() {}
}
