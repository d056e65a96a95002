package io.headgate.gateway.upstream;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a server, for people and for the router.
 *
 * @param eras those that it was asked for, the newer one first
 * @param keepsSessions true if what a client's session sends goes on in one of its own at the server, which says there
 *     what belongs to no call; true also while that is unknown
 * @param isHealthy true if it answers and its lists could be read
 * @param waiting how many lost sessions and streams wait to be set up again
 * @param lastError what went wrong since a call was last answered as it should be, or null if nothing did
 * @param pastError what went wrong last and is over, or null
 */
public record UpstreamState(
        String name,
        List<EraState> eras,
        boolean keepsSessions,
        boolean isHealthy,
        int connections,
        int callsInFlight,
        int sessions,
        int waiting,
        @Nullable Trouble lastError,
        @Nullable Trouble pastError) {
    /**
     * One era of a server.
     *
     * @param isSpoken false if the server does not speak it, or did not answer when it was asked
     * @param version the revision that is spoken, or null
     * @param transport how messages travel, or null
     * @param since when this was found
     */
    public record EraState(
            Era era,
            boolean isSpoken,
            @Nullable String version,
            @Nullable UpstreamTransport transport,
            Instant since) {}

    /** The era in which the gateway itself asks the server: the newest that it speaks. */
    public Era era() {
        EraState first = first();
        return first == null ? Era.UNKNOWN : first.era();
    }

    /** How messages travel in that era, or null while it is unknown. */
    public @Nullable UpstreamTransport transport() {
        EraState first = first();
        return first == null ? null : first.transport();
    }

    /** The revision of that era, or null while it is unknown. */
    public @Nullable String protocolVersion() {
        EraState first = first();
        return first == null ? null : first.version();
    }

    /** When that era was found, or null while it is unknown. */
    public @Nullable Instant eraSince() {
        EraState first = first();
        return first == null ? null : first.since();
    }

    /** True if the server is known to take each request alone: a caller that wants to hear of changes asks for just that. */
    public boolean takesListenRequests() {
        return era() == Era.MODERN;
    }

    private @Nullable EraState first() {
        for (EraState state : eras) {
            if (state.isSpoken()) {
                return state;
            }
        }
        return null;
    }

    /** Which wire a server speaks. */
    public enum Era {
        UNKNOWN,
        MODERN,
        LEGACY
    }
}
