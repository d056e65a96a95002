package io.headgate.filter.ratelimit;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** An address of either family in 128 bits; those of IPv4 are in {@code ::ffff:0:0/96}. */
record IpAddress(long high, long low) {
    private static final long MAPPED = 0xFFFF_0000_0000L;
    private static final int LONGEST = 45;

    static IpAddress of(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet4Address
                ? ipv4(bytes.getInt() & 0xFFFF_FFFFL)
                : new IpAddress(bytes.getLong(), bytes.getLong());
    }

    private static IpAddress ipv4(long bits) {
        return new IpAddress(0, MAPPED | bits);
    }

    boolean isIpv4() {
        return high == 0 && low >>> 32 == MAPPED >>> 32;
    }

    /** An address as people write it, or null; never asks anybody for a name. */
    static @Nullable IpAddress parse(String text) {
        if (text.isEmpty() || text.length() > LONGEST) {
            return null;
        }
        return text.indexOf(':') < 0 ? parseIpv4(text) : parseIpv6(text);
    }

    private static @Nullable IpAddress parseIpv4(String text) {
        long bits = 0;
        int parts = 0;
        int part = -1;
        for (int i = 0; i <= text.length(); i++) {
            char character = i == text.length() ? '.' : text.charAt(i);
            if (character == '.') {
                if (part < 0 || ++parts > 4) {
                    return null;
                }
                bits = bits << 8 | part;
                part = -1;
            } else if (character >= '0' && character <= '9' && part != 0) {
                part = Math.max(part, 0) * 10 + (character - '0');
                if (part > 255) {
                    return null;
                }
            } else {
                return null;
            }
        }
        return parts == 4 ? ipv4(bits) : null;
    }

    private static @Nullable IpAddress parseIpv6(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.digit(text.charAt(i), 16) < 0 && text.charAt(i) != ':' && text.charAt(i) != '.') {
                return null;
            }
        }
        try {
            // In brackets it is an address or an error, and never a name to look up.
            return of(InetAddress.getByName("[" + text + "]"));
        } catch (UnknownHostException noAddress) {
            return null;
        }
    }

    /** What one client has for itself: an address of IPv4, but a whole /64 of IPv6, where addresses cost nothing. */
    IpAddress ofOneClient() {
        return isIpv4() ? this : new IpAddress(high, 0);
    }

    /** The same with only its first bits. */
    IpAddress prefix(int bits) {
        return new IpAddress(high & mask(bits), low & mask(bits - 64));
    }

    private static long mask(int bits) {
        return bits <= 0 ? 0 : bits >= 64 ? -1 : -1L << (64 - bits);
    }
}
