package io.headgate.filter.concurrency;

import io.headgate.filter.RequestHeaders;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How many calls each caller has at a server, and how many it asked for lately, in a table of fixed size.
 *
 * <p>A caller is found by what it shows to be let in, so that it is the same one before its body is read and its
 * identity known. Two callers may share a place, which makes them less fair to each other and nothing worse.
 */
final class Shares {
    private static final int PLACES = 256;

    private final AtomicIntegerArray calls = new AtomicIntegerArray(PLACES);
    private final AtomicInteger callers = new AtomicInteger();

    /** Calls that came in the present stretch of time, whatever became of them, and in the one before. */
    private final AtomicIntegerArray asked = new AtomicIntegerArray(PLACES);

    private final int[] askedBefore = new int[PLACES];

    /** How many calls were let through in the stretch before. */
    private volatile int admittedBefore;

    /** How many callers asked for something in the stretch before. */
    private int askersBefore;

    static int placeOf(RequestHeaders headers) {
        String shown = headers.get("authorization");
        if (shown == null) {
            shown = headers.get("x-api-key");
        }
        return shown == null ? 0 : spread(shown);
    }

    /** Without the scheme, which can be written in many ways, so that nobody gets many shares for one key. */
    private static int spread(String shown) {
        int hash = 0;
        for (int i = shown.lastIndexOf(' ') + 1; i < shown.length(); i++) {
            hash = 31 * hash + shown.charAt(i);
        }
        return ((hash * 0x9E3779B9) >>> 16) % PLACES;
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

    /** A call came; counts only while more come than can be served. */
    void asked(int place) {
        asked.getAndIncrement(place);
    }

    /** The next stretch of time begins, as long as the one before. */
    void nextStretch(int admitted) {
        int askers = 0;
        for (int place = 0; place < PLACES; place++) {
            askedBefore[place] = asked.getAndSet(place, 0);
            askers += askedBefore[place] > 0 ? 1 : 0;
        }
        askersBefore = askers;
        admittedBefore = admitted;
    }

    /** Nobody asked for anything, and nothing was let through. */
    void forget() {
        nextStretch(0);
        nextStretch(0);
    }

    /** True if a caller has less than its share of so many calls. */
    boolean isBelow(int place, int all) {
        return (long) calls.get(place) * callers.get() < all;
    }

    /** True if a caller asks for less than its share of what is let through, however many it has at this moment. */
    boolean asksForLess(int place) {
        int admitted = admittedBefore;
        return (long) Math.max(askedBefore[place], asked.get(place)) * askersBefore < admitted;
    }
}
