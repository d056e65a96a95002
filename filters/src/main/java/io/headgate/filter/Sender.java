package io.headgate.filter;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * The one to blame for a message: its caller, or the network that it came from where no filter identifies callers.
 *
 * <p>Behind a proxy all anonymous callers are one.
 *
 * @param key the caller's, or empty
 * @param neighbourhood where an anonymous caller sent it from, see {@link Neighbourhood}
 */
public record Sender(String key, long neighbourhood) {
    public static Sender of(Exchange exchange) {
        return of(exchange.caller(), exchange.headers().peer());
    }

    public static Sender of(Caller caller, @Nullable InetAddress peer) {
        return new Sender(
                caller.key(), peer == null || !caller.isAnonymous() ? Neighbourhood.ANYWHERE : Neighbourhood.of(peer));
    }

    /** What people are shown. */
    public String text() {
        if (!key.isEmpty()) {
            return key;
        }
        return neighbourhood == Neighbourhood.ANYWHERE
                ? "(anonymous)"
                : "(anonymous) " + Neighbourhood.text(neighbourhood);
    }
}
