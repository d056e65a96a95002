package io.headgate.filter.ratelimit;

import io.headgate.filter.RequestHeaders;
import java.net.InetAddress;
import java.util.List;

/**
 * Finds the address of a client: the other end of its connection, or, if that is a trusted proxy, the last address in
 * {@code X-Forwarded-For} that is none. What stands before that was written by whoever connected there.
 */
final class ClientAddress {
    private static final String FORWARDED = "x-forwarded-for";
    private static final Address UNKNOWN = new Address(0, 0);

    private final List<AddressRange> trusted;

    ClientAddress(List<AddressRange> trusted) {
        this.trusted = trusted;
    }

    Address of(RequestHeaders headers) {
        InetAddress peer = headers.peer();
        if (peer == null) {
            return UNKNOWN;
        }
        Address address = Address.of(peer);
        return (isTrusted(address) ? forwarded(address, headers) : address).ofOneClient();
    }

    private Address forwarded(Address proxy, RequestHeaders headers) {
        List<String> lines = headers.all(FORWARDED);
        Address last = proxy;
        for (int i = lines.size() - 1; i >= 0; i--) {
            String line = lines.get(i);
            int end = line.length();
            while (end >= 0) {
                int comma = line.lastIndexOf(',', end - 1);
                Address address = Address.parse(line.substring(comma + 1, end).trim());
                if (address == null) {
                    return last;
                }
                last = address;
                if (!isTrusted(address)) {
                    return address;
                }
                end = comma;
            }
        }
        return last;
    }

    private boolean isTrusted(Address address) {
        for (AddressRange range : trusted) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
