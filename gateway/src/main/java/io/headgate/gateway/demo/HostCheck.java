package io.headgate.gateway.demo;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses a web page that reaches the server under a name of its own. A server on loopback answers to loopback names
 * only; one that listens to the world cannot know its names, so there a page must come from the host that it calls.
 */
final class HostCheck {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final boolean local;
    private final Set<String> allowed;

    HostCheck(String listen, Set<String> allowed) {
        this.local = new InetSocketAddress(listen, 0).getAddress() == null
                || new InetSocketAddress(listen, 0).getAddress().isLoopbackAddress();
        this.allowed = allowed;
    }

    boolean accepts(HttpHeaders headers) {
        String host = name(headers.get(HttpHeaderNames.HOST));
        if (host == null || headers.getAll(HttpHeaderNames.HOST).size() > 1) {
            return false;
        }
        if (local && !known(host)) {
            return false;
        }
        String origin = headers.get(HttpHeaderNames.ORIGIN);
        if (origin == null) {
            return true;
        }
        int scheme = origin.indexOf("://");
        String from = scheme < 0 ? null : name(origin.substring(scheme + 3));
        return from != null && (known(from) || (!local && from.equals(host)));
    }

    private boolean known(String host) {
        return LOOPBACK.contains(host) || allowed.contains(host);
    }

    /** The host without its port. */
    private static @Nullable String name(@Nullable String authority) {
        if (authority == null || authority.isBlank()) {
            return null;
        }
        int end = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
        return (end <= 0 ? authority : authority.substring(0, end)).toLowerCase(Locale.ROOT);
    }
}
