package io.headgate.gateway.memory;

import java.util.Locale;

/** What bytes are held for; each is a label value of a meter. */
public enum Held {
    /** The body of a client's request, from its first bytes until the request is answered. */
    REQUEST,
    /** What was written to a client that has not read it yet. */
    ANSWER,
    /** What came of a server's answer and was not passed on yet. */
    RESULT,
    /** What a server said outside of calls and nobody has heard yet. */
    INBOX,
    /** A session, and what its client said of itself. */
    SESSION,
    /** What a client may fetch again after its connection broke. */
    REPLAY,
    /** A call whose client was asked something. */
    PARKED;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
