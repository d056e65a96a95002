package io.headgate.gateway.upstream;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a server, for people and for the router.
 *
 * @param transport how messages travel to it, or null while it is unknown
 * @param eraSince when the era was found, or null while it is unknown
 * @param isHealthy true if it answers and its lists could be read
 * @param lastError what went wrong since a call was last answered as it should be, or null if nothing did
 * @param pastError what went wrong last and is over, or null
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
        @Nullable Trouble lastError,
        @Nullable Trouble pastError) {
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
