package io.headgate.gateway;

import org.jspecify.annotations.Nullable;

/** Which build this is. */
final class Version {
    private Version() {}

    /** As the jar's manifest has it. */
    static String current() {
        @Nullable String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "0-dev" : version;
    }
}
