package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.ClientSession;

/** Which session at a server: whom it is for, and which of those. */
record SessionKey(Kind kind, String id) {
    /** Whom a session is for. */
    enum Kind {
        /** The gateway itself. */
        OWN,
        /** The gateway itself, for as long as it reads the lists. */
        BRIEF,
        /** All callers of a server that cannot tell them apart. */
        SHARED,
        /** One client's own session. */
        CLIENT,
        /** One call at a time of a client that has no session. */
        POOLED
    }

    static final SessionKey OWN = new SessionKey(Kind.OWN, "");
    static final SessionKey BRIEF = new SessionKey(Kind.BRIEF, "");
    static final SessionKey SHARED = new SessionKey(Kind.SHARED, "");

    static SessionKey of(ClientSession session) {
        return new SessionKey(Kind.CLIENT, session.id());
    }

    static SessionKey pooled(long number) {
        return new SessionKey(Kind.POOLED, Long.toString(number));
    }

    boolean is(Kind other) {
        return kind == other;
    }
}
