package io.headgate.gateway.demo;

import java.util.Set;

/** The revisions with a handshake, and what differs between them. */
final class LegacyVersions {
    static final String LATEST = "2025-11-25";
    static final String FIRST = "2025-03-26";
    static final Set<String> ALL = Set.of(LATEST, "2025-06-18", FIRST);

    private LegacyVersions() {}

    static String negotiate(String requested) {
        return ALL.contains(requested) ? requested : LATEST;
    }

    /** Clients of older revisions may try to parse the empty data of a priming event. */
    static boolean knowsPriming(String version) {
        return version.equals(LATEST);
    }

    static boolean knowsBatches(String version) {
        return version.equals(FIRST);
    }
}
