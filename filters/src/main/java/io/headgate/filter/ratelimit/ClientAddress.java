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
    private static final IpAddress UNKNOWN = new IpAddress(0, 0);

    private final List<AddressRange> trusted;

    ClientAddress(List<AddressRange> trusted) {
        this.trusted = trusted;
    }

    IpAddress of(RequestHeaders headers) {
        InetAddress peer = headers.peer();
        if (peer == null) {
            return UNKNOWN;
        }
        IpAddress address = IpAddress.of(peer);
        return (isTrusted(address) ? forwarded(address, headers) : address).ofOneClient();
    }

    private IpAddress forwarded(IpAddress proxy, RequestHeaders headers) {
        List<String> lines = headers.all(FORWARDED);
        IpAddress last = proxy;
        for (int i = lines.size() - 1; i >= 0; i--) {
            String line = lines.get(i);
            int end = line.length();
            while (end >= 0) {
                int comma = line.lastIndexOf(',', end - 1);
                IpAddress address =
                        IpAddress.parse(line.substring(comma + 1, end).trim());
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

    private boolean isTrusted(IpAddress address) {
        for (AddressRange range : trusted) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
