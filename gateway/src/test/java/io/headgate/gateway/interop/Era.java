package io.headgate.gateway.interop;

import java.util.Locale;

/** The two ways to speak MCP: every request on its own, or sessions that begin with a handshake. */
enum Era {
    MODERN,
    LEGACY;

    /** The word that the scripts use. */
    String option() {
        return name().toLowerCase(Locale.ROOT);
    }
}
