package io.headgate.gateway.http;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the door listens and whom it lets in.
 *
 * <p>On a loopback address the loopback names and the bound address are always allowed as hosts, and the door's own
 * origins under those names as origins. Elsewhere, without allowed hosts, every host is allowed: a web page that
 * reaches the door by rebinding a name must send its origin with every POST, and no origin is allowed unless it is
 * listed here.
 *
 * @param allowedHosts names that the Host field may have, without port, exact
 * @param allowedOrigins values that the Origin field may have, exact; if there are any, CORS answers them
 */
public record DoorConfig(
        String host,
        int port,
        @Nullable TlsConfig tls,
        Set<String> allowedHosts,
        Set<String> allowedOrigins,
        DoorLimits limits) {
    public DoorConfig {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
        }
        allowedHosts = Set.copyOf(allowedHosts);
        allowedOrigins = Set.copyOf(allowedOrigins);
    }

    /** A door with all defaults. */
    public static DoorConfig of(String host, int port) {
        return new DoorConfig(host, port, null, Set.of(), Set.of(), DoorLimits.DEFAULT);
    }
}
