package io.headgate.gateway.upstream;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a server, for people and for the router.
 *
 * @param transport how messages travel to it, or null while it is unknown
 * @param eraSince when the era was found, or null while it is unknown
 * @param waiting how many lost sessions and streams wait to be set up again
 * @param lastError what went wrong last, without secrets, or null
 */
public record UpstreamState(
        String name,
        Era era,
        @Nullable UpstreamTransport transport,
        @Nullable String protocolVersion,
        @Nullable Instant eraSince,
        boolean isHealthy,
        int connections,
        int callsInFlight,
        int sessions,
        int waiting,
        @Nullable String lastError) {
    /** True if the server is known to keep a session for each client: what it says outside of calls comes there. */
    public boolean keepsSessions() {
        return era == Era.LEGACY;
    }

    /** True if the server is known to take each request alone: whoever wants to hear of changes asks for just that. */
    public boolean takesListenRequests() {
        return era == Era.MODERN;
    }

    /** Which wire a server speaks. */
    public enum Era {
        UNKNOWN,
        MODERN,
        LEGACY
    }
}
