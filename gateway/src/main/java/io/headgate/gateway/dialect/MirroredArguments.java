package io.headgate.gateway.dialect;

import io.headgate.filter.Caller;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.gateway.route.catalog.HeaderParam;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.Member;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The header fields of a call with the {@code Mcp-Param-*} that the tool's schema wants, made from the arguments, and
 * without any that the client sent itself: an older client knows none of them, and what a newer one sent was compared
 * with the arguments.
 *
 * <p>They are made when the fields are read; a route that is found later may want others.
 */
record MirroredArguments(RequestHeaders sent, List<HeaderParam> params, Envelope message) implements RequestHeaders {
    private static final String PREFIX = "mcp-param-";

    @Override
    public @Nullable String get(String name) {
        if (!isMirror(name)) {
            return sent.get(name);
        }
        for (HeaderParam param : params) {
            if (param.header().equalsIgnoreCase(name)) {
                return param.valueIn(message.get(Member.ARGUMENTS));
            }
        }
        return null;
    }

    @Override
    public List<String> all(String name) {
        return isMirror(name) ? RequestHeaders.super.all(name) : sent.all(name);
    }

    @Override
    public void forEach(BiConsumer<String, String> visitor) {
        sent.forEach((name, value) -> {
            if (!isMirror(name)) {
                visitor.accept(name, value);
            }
        });
        for (HeaderParam param : params) {
            String value = param.valueIn(message.get(Member.ARGUMENTS));
            if (value != null) {
                visitor.accept(param.header().toLowerCase(Locale.ROOT), value);
            }
        }
    }

    @Override
    public RequestHeaders on(Route route) {
        return route instanceof Resolved resolved
                ? new MirroredArguments(sent, resolved.headerParams(), message)
                : this;
    }

    @Override
    public void sentBy(Caller caller) {
        sent.sentBy(caller);
    }

    @Override
    public @Nullable String cutOff() {
        return sent.cutOff();
    }

    @Override
    public @Nullable InetAddress peer() {
        return sent.peer();
    }

    private static boolean isMirror(String name) {
        return name.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }
}
