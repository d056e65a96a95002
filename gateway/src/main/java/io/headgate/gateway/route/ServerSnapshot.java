package io.headgate.gateway.route;

import org.jspecify.annotations.Nullable;

/**
 * What is known of one server when a catalogue is made.
 *
 * @param offer the last good one, or null if there never was one
 * @param isStale true if the server could not be asked again since
 * @param freshUntilMillis when the offer's time to live ends, in the time of the keeper's timer
 */
record ServerSnapshot(Namespace namespace, @Nullable Offer offer, boolean isStale, long freshUntilMillis) {
    /** The same as clients with a session see it. */
    ServerSnapshot forSessions() {
        return offer == null ? this : new ServerSnapshot(namespace, offer.forSessions(), isStale, freshUntilMillis);
    }
}
