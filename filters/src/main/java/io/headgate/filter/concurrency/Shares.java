package io.headgate.filter.concurrency;

import io.headgate.filter.RequestHeaders;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How many calls each caller has at a server, in a table of fixed size.
 *
 * <p>A caller is found by what it shows to be let in, so that it is the same one before its body is read and its
 * identity known. Two callers may share a place, which makes them less fair to each other and nothing worse.
 */
final class Shares {
    private static final int PLACES = 256;

    private final AtomicIntegerArray calls = new AtomicIntegerArray(PLACES);
    private final AtomicInteger callers = new AtomicInteger();

    static int placeOf(RequestHeaders headers) {
        String shown = headers.get("authorization");
        if (shown == null) {
            shown = headers.get("x-api-key");
        }
        return shown == null ? 0 : spread(shown);
    }

    private static int spread(String text) {
        int hash = text.hashCode() * 0x9E3779B9;
        return (hash >>> 16) % PLACES;
    }

    void add(int place) {
        if (calls.getAndIncrement(place) == 0) {
            callers.getAndIncrement();
        }
    }

    void remove(int place) {
        if (calls.decrementAndGet(place) == 0) {
            callers.getAndDecrement();
        }
    }

    /** True if a caller has less than its share of so many calls. */
    boolean isBelow(int place, int all) {
        return (long) calls.get(place) * callers.get() < all;
    }
}
