package io.headgate.filter.identity;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many wrong keys each address showed in this minute: a table of fixed size, in which some addresses share a place.
 *
 * <p>It decides only how a wrong key is answered. A right one always counts, or one client could lock out all others
 * behind the same address.
 */
final class WrongKeys {
    /** What people who mistype, and clients with old keys, behind one address may show. */
    static final int A_MINUTE = 100;

    private static final int PLACES = 4096;
    private static final int COUNT_BITS = 24;
    private static final long MOST = (1L << COUNT_BITS) - 1;
    private static final int NETWORK_OF_ONE = 8;
    private static final long MINUTE = TimeUnit.MINUTES.toMillis(1);

    private final InstantSource clock;

    /** The minute, and in the last bits the count. */
    private final AtomicLongArray places = new AtomicLongArray(PLACES);

    WrongKeys(InstantSource clock) {
        this.clock = clock;
    }

    /** Counts one; the milliseconds until the next is looked at again, or 0 if it was not one too many. */
    long count(InetAddress from) {
        long now = clock.millis();
        long minute = Math.floorDiv(now, MINUTE);
        long after = places.updateAndGet(place(from), before -> next(before, minute));
        return (after & MOST) > A_MINUTE ? (minute + 1) * MINUTE - now : 0;
    }

    private static long next(long before, long minute) {
        if (before >>> COUNT_BITS != minute) {
            return (minute << COUNT_BITS) | 1;
        }
        return (before & MOST) < MOST ? before + 1 : before;
    }

    /** Whoever has one address of IPv6 has a whole network of them. */
    private static int place(InetAddress from) {
        byte[] address = from.getAddress();
        int length = from instanceof Inet6Address ? NETWORK_OF_ONE : address.length;
        int hash = 1;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + address[i];
        }
        return Math.floorMod((hash * 0x9e3779b9) >>> 7, PLACES);
    }
}
