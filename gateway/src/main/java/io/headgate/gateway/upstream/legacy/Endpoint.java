package io.headgate.gateway.upstream.legacy;

import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/** The URI that a server of 2024-11-05 names for requests; it may lead to the server itself and nowhere else. */
final class Endpoint {
    static final int MAX_CHARS = 2048;

    private Endpoint() {}

    /** The path and query to post to, or null if the URI is none, is too long or is not of the server's origin. */
    static @Nullable String path(URI server, String written) {
        String text = written.strip();
        if (text.isEmpty() || text.length() > MAX_CHARS || !isVisible(text)) {
            return null;
        }
        URI named;
        try {
            // A mere query is resolved by the JDK as RFC 2396 has it, which drops the last segment of the path.
            named = server.resolve(new URI(text.startsWith("?") ? server.getRawPath() + text : text));
        } catch (URISyntaxException noUri) {
            return null;
        }
        if (!isOfOrigin(named, server)) {
            return null;
        }
        String path = named.getRawPath();
        String query = named.getRawQuery();
        return (path == null || path.isEmpty() ? "/" : path) + (query == null ? "" : "?" + query);
    }

    private static boolean isOfOrigin(URI named, URI server) {
        return named.getRawUserInfo() == null
                && server.getScheme().equalsIgnoreCase(named.getScheme())
                && server.getHost().equalsIgnoreCase(named.getHost())
                && port(server) == port(named);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    private static boolean isVisible(String text) {
        return text.chars().allMatch(c -> c > ' ' && c <= '~');
    }
}
