package io.headgate.filter.ratelimit;

import io.headgate.filter.Exchange;
import io.headgate.filter.Target;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One request as the limits see it; what costs something to find out is asked once. */
final class Subject {
    /** The key of what has only one bucket. */
    private static final String ALL = "";

    private final Exchange exchange;
    private final ClientAddress addresses;
    private @Nullable IpAddress address;

    Subject(Exchange exchange, ClientAddress addresses) {
        this.exchange = exchange;
        this.addresses = addresses;
    }

    boolean callsTool() {
        return exchange.target().kind() == Target.Kind.TOOL;
    }

    /** The tool that is called, or the empty string if there is no such tool: then nothing will be called. */
    String tool() {
        return exchange.route().tool();
    }

    /** Which bucket it takes from, or null if it lacks what the buckets are for. */
    @Nullable
    Object key(Per per) {
        List<Per.Part> parts = per.parts();
        if (parts.size() == 1) {
            return part(parts.get(0));
        }
        List<Object> keys = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            Object key = part(parts.get(i));
            if (key == null) {
                return null;
            }
            keys.add(key);
        }
        return keys;
    }

    private @Nullable Object part(Per.Part part) {
        return switch (part) {
            case CALLER -> exchange.caller().key();
            case TENANT -> exchange.caller().tenant();
            case TOOL -> tool();
            case UPSTREAM -> server();
            case ADDRESS -> address();
            case ALL -> ALL;
        };
    }

    private @Nullable String server() {
        String server = exchange.route().server();
        return server.isEmpty() ? null : server;
    }

    private IpAddress address() {
        IpAddress known = address;
        if (known == null) {
            known = addresses.of(exchange.headers());
            address = known;
        }
        return known;
    }
}
