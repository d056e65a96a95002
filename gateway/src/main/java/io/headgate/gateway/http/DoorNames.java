package io.headgate.gateway.http;

import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The hosts under which a port may be addressed, and the origins whose pages may address it. */
public final class DoorNames {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final Set<String> hosts = new HashSet<>();
    private final Set<String> origins;
    private final boolean anyHost;

    /** Whether pages of other origins are answered with what their browsers ask for. */
    final boolean cors;

    private DoorNames(Collection<String> allowedHosts, Set<String> allowedOrigins, boolean any) {
        allowedHosts.forEach(host -> hosts.add(host.toLowerCase(Locale.ROOT)));
        origins = new HashSet<>(allowedOrigins);
        anyHost = any;
        cors = !allowedOrigins.isEmpty();
    }

    /** Those of the front door. */
    static DoorNames of(DoorConfig config, InetSocketAddress bound) {
        boolean loopback = bound.getAddress().isLoopbackAddress();
        boolean any = !loopback && config.allowedHosts().isEmpty();
        DoorNames names = new DoorNames(config.allowedHosts(), config.allowedOrigins(), any);
        if (loopback) {
            names.allowLoopback();
            names.allow(bound);
            String scheme = config.tls() == null ? "http://" : "https://";
            for (String name : LOOPBACK) {
                names.origins.add(scheme + name + ":" + bound.getPort());
            }
        }
        return names;
    }

    /** Those of a port for people: wherever it is bound, only the names of the loopback, its own address and those allowed. */
    public static DoorNames ofAdmin(Collection<String> allowedHosts, InetSocketAddress bound) {
        DoorNames names = new DoorNames(allowedHosts, Set.of(), /* any= */ false);
        names.allowLoopback();
        // 0.0.0.0 is the name of no machine; pages use it to reach this one.
        if (!bound.getAddress().isAnyLocalAddress()) {
            names.allow(bound);
        }
        return names;
    }

    private void allowLoopback() {
        hosts.addAll(LOOPBACK);
    }

    private void allow(InetSocketAddress bound) {
        hosts.add(literal(bound));
    }

    public boolean allowsHost(String host) {
        return anyHost || hosts.contains(withoutPort(host).toLowerCase(Locale.ROOT));
    }

    /** Whether a host is the address at which a connection came in: what a port bound to all addresses is known by. */
    public static boolean isAddress(String host, InetSocketAddress local) {
        return withoutPort(host).equalsIgnoreCase(literal(local));
    }

    boolean allowsOrigin(String origin) {
        return origins.contains(origin);
    }

    /** Whether a page of this origin came from the host that it addresses. */
    public static boolean isSameOrigin(String origin, String host) {
        return origin.equalsIgnoreCase("http://" + host) || origin.equalsIgnoreCase("https://" + host);
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
        int zone = address.indexOf('%');
        String bare = zone < 0 ? address : address.substring(0, zone);
        return bare.indexOf(':') < 0 ? bare : "[" + bare + "]";
    }
}
