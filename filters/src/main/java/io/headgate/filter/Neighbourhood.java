package io.headgate.filter;

import java.net.InetAddress;

/** Addresses that mostly belong to one network, as a number: the first 24 bits of IPv4, the first 56 of IPv6. */
public final class Neighbourhood {
    /** All addresses, and unknown ones. */
    public static final long ANYWHERE = -1;

    private static final int IPV4_BYTES = 4;
    private static final int IPV4_PREFIX = 3;
    private static final int IPV6_PREFIX = 7;

    /** What makes an IPv4 network no IPv6 one. */
    private static final long IPV4 = 1L << 62;

    private Neighbourhood() {}

    public static long of(InetAddress address) {
        byte[] bytes = address.getAddress();
        boolean isShort = bytes.length == IPV4_BYTES;
        long bits = 0;
        for (int i = 0; i < (isShort ? IPV4_PREFIX : IPV6_PREFIX); i++) {
            bits = (bits << 8) | (bytes[i] & 0xFF);
        }
        return isShort ? IPV4 | bits : bits;
    }

    /** The network as people write it; empty for {@link #ANYWHERE}. */
    public static String text(long neighbourhood) {
        if (neighbourhood == ANYWHERE) {
            return "";
        }
        if ((neighbourhood & IPV4) != 0) {
            return ((neighbourhood >> 16) & 0xFF) + "." + ((neighbourhood >> 8) & 0xFF) + "." + (neighbourhood & 0xFF)
                    + ".0/24";
        }
        StringBuilder text = new StringBuilder();
        for (int i = IPV6_PREFIX - 1; i >= 0; i--) {
            String hex = Long.toHexString(0x100 | ((neighbourhood >> (8 * i)) & 0xFF));
            text.append(hex, 1, hex.length()).append(i % 2 != 0 && i > 0 ? ":" : "");
        }
        return text.append("00::/56").toString();
    }
}
