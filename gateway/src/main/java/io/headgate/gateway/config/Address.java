package io.headgate.gateway.config;

/**
 * Where to listen.
 *
 * @param host a name or an address, IPv6 without its brackets; empty for every interface
 * @param port 0 takes a free one
 */
public record Address(String host, int port) {
    /** Reads {@code HOST:PORT}, {@code [::1]:PORT} or {@code :PORT}. */
    public static Address parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "?" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException(text);
        }
        String digits = text.substring(colon + 1);
        boolean isPort =
                !digits.isEmpty() && digits.length() <= 5 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        if (colon < 0
                || !isPort
                || Integer.parseInt(digits) > 65_535
                || host.chars().anyMatch(c -> c <= ' ' || c == '/')) {
            throw new IllegalArgumentException(text);
        }
        return new Address(host, Integer.parseInt(digits));
    }

    /** True if only this machine can reach it. Names are not looked up: one that may be anything is not of the loopback. */
    public boolean isLoopback() {
        boolean isIpv4 = host.startsWith("127.") && host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
        return isIpv4 || host.equalsIgnoreCase("localhost") || host.equals("::1");
    }

    /** True if no two can listen there at a time. */
    boolean overlaps(Address other) {
        return port == other.port && port != 0 && (host.equals(other.host) || isEvery() || other.isEvery());
    }

    private boolean isEvery() {
        return host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
