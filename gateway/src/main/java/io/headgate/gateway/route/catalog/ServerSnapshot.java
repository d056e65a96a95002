package io.headgate.gateway.route.catalog;

import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one server when a catalogue is made.
 *
 * @param offer the last good one, or null if there never was one
 * @param isStale true if the server could not be asked again since
 * @param failure why it could not be read the last time, or null if it was, or if no attempt has ended yet
 * @param freshUntilMillis when the offer's time to live ends, in the time of the keeper's timer
 */
public record ServerSnapshot(
        Namespace namespace,
        @Nullable Offer offer,
        boolean isStale,
        @Nullable Refusal failure,
        long freshUntilMillis) {
    /** The same as clients with a session see it. */
    ServerSnapshot forSessions() {
        return offer == null
                ? this
                : new ServerSnapshot(namespace, offer.forSessions(), isStale, failure, freshUntilMillis);
    }

    /**
     * Why a client of this server alone is told that there is nothing, and not an empty list; null if something is known, or if
     * the server itself says that it has nothing.
     */
    @Nullable
    Refusal whyNothingIsKnown() {
        Offer known = offer;
        return known == null || (isStale && known.isEmpty()) ? why() : null;
    }

    /** Why it is unknown whether the server has something that it did not list; null if it was asked and answered. */
    @Nullable
    public Refusal whyUnknown() {
        return offer == null || isStale ? why() : null;
    }

    private Refusal why() {
        String server = "The server " + namespace.server() + " is not available: ";
        Refusal last = failure;
        return last == null
                ? new Refusal(Reason.UPSTREAM_UNAVAILABLE, server + "it has not answered yet")
                : new Refusal(last.reason(), server + last.text(), last.retryAfter());
    }
}
