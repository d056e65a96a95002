package io.headgate.gateway.upstream;

/** What the file says of the eras that a server is spoken to in. */
public enum EraChoice {
    /** Each client in its own era where the server speaks it. */
    AUTO,
    /** All in 2026-07-28. */
    MODERN,
    /** All in the revisions with sessions. */
    LEGACY
}
