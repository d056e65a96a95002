package io.headgate.gateway.http;

import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The hosts under which the door may be addressed, and the origins whose pages may address it. */
final class DoorNames {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final Set<String> hosts;
    private final Set<String> origins;
    private final boolean anyHost;

    /** Whether pages of other origins are answered with what their browsers ask for. */
    final boolean cors;

    DoorNames(DoorConfig config, InetSocketAddress bound) {
        boolean loopback = bound.getAddress().isLoopbackAddress();
        hosts = new HashSet<>();
        config.allowedHosts().forEach(host -> hosts.add(host.toLowerCase(Locale.ROOT)));
        origins = new HashSet<>(config.allowedOrigins());
        if (loopback) {
            hosts.addAll(LOOPBACK);
            hosts.add(literal(bound));
            String scheme = config.tls() == null ? "http://" : "https://";
            for (String name : LOOPBACK) {
                origins.add(scheme + name + ":" + bound.getPort());
            }
        }
        anyHost = !loopback && config.allowedHosts().isEmpty();
        cors = !config.allowedOrigins().isEmpty();
    }

    boolean allowsHost(String host) {
        return anyHost || hosts.contains(withoutPort(host).toLowerCase(Locale.ROOT));
    }

    boolean allowsOrigin(String origin) {
        return origins.contains(origin);
    }

    /** Whether the name asked for in the TLS handshake is that of the Host field. */
    static boolean matchesHandshake(@Nullable String sni, String host) {
        return sni == null || withoutPort(host).equalsIgnoreCase(sni);
    }

    private static String withoutPort(String host) {
        int colon = host.lastIndexOf(':');
        return colon < 0 || colon < host.lastIndexOf(']') ? host : host.substring(0, colon);
    }

    private static String literal(InetSocketAddress bound) {
        String address = bound.getAddress().getHostAddress();
        return address.indexOf(':') < 0 ? address : "[" + address + "]";
    }
}
