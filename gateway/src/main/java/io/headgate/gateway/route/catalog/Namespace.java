package io.headgate.gateway.route.catalog;

import org.jspecify.annotations.Nullable;

/**
 * How clients of the fleet call what one server calls otherwise.
 *
 * <p>A server with a prefix has {@code {prefix}{name}} for its tools and prompts, and {@code {server}+{uri}} for its
 * resources; {@code ui://} URIs keep their scheme, because hosts recognise it, and become {@code ui://{server}+rest}. A
 * server without a prefix keeps its names and URIs.
 *
 * @param prefix what names begin with, or the empty string
 */
public record Namespace(String server, String prefix) {
    private static final String UI = "ui://";

    boolean isPrefixed() {
        return !prefix.isEmpty();
    }

    String clientName(String bareName) {
        return isPrefixed() ? prefix + bareName : bareName;
    }

    /** The URI, or the template of one, as clients of the fleet write it. */
    String clientUri(String bareUri) {
        if (!isPrefixed()) {
            return bareUri;
        }
        return bareUri.startsWith(UI) ? UI + server + '+' + bareUri.substring(UI.length()) : server + '+' + bareUri;
    }

    /** Which server a client's URI names, or null if it is not of that form; nobody says that the server exists. */
    static @Nullable String serverIn(String clientUri) {
        int start = clientUri.startsWith(UI) ? UI.length() : 0;
        int plus = clientUri.indexOf('+', start);
        return plus <= start ? null : clientUri.substring(start, plus);
    }

    /** The server's own form of a URI that {@link #serverIn} found to be this server's. */
    String bareUri(String clientUri) {
        return clientUri.startsWith(UI)
                ? UI + clientUri.substring(UI.length() + server.length() + 1)
                : clientUri.substring(server.length() + 1);
    }
}
