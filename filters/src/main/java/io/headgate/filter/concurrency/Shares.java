package io.headgate.filter.concurrency;

import io.headgate.filter.RequestHeaders;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How many calls each caller has at a server, and how many it asked for lately, in a table of fixed size.
 *
 * <p>A caller is found by what it shows to be let in, so that it is the same one before its body is read and its
 * identity known. Two callers may share a place, which makes them less fair to each other and nothing worse.
 *
 * <p>Time is cut into stretches. If calls were refused in the last one, what was let through then is divided so that who
 * asked for little got all of it and the others the same each: that is the fair share. Who asks for more is the crowd,
 * and so are many who ask for little each, if together they ask for more than there is.
 */
final class Shares {
    private static final int PLACES = 256;

    private static final long STRETCH = TimeUnit.MILLISECONDS.toNanos(200);

    /** Fewer calls say little of who asks for how much, so a stretch waits for them, but not for ever. */
    private static final int FEWEST = 40;

    private static final long LONGEST = TimeUnit.SECONDS.toNanos(5);

    /** Few are refused if it is less than one of so many that are let through. */
    private static final int FEW = 8;

    /** The fair share while nobody is refused. */
    private static final int NO_CROWD = -1;

    private final AtomicIntegerArray calls = new AtomicIntegerArray(PLACES);
    private final AtomicInteger callers = new AtomicInteger();

    /** Calls that came in the present stretch, whatever became of them. */
    private final AtomicIntegerArray asked = new AtomicIntegerArray(PLACES);

    private final AtomicInteger refused = new AtomicInteger();
    private volatile long since;

    /** What came in the stretch before; written before the fair share, and read after it. */
    private final int[] askedBefore = new int[PLACES];

    private volatile int fair = NO_CROWD;

    Shares(long now) {
        since = now;
    }

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

    /** A call came. */
    void asked(int place) {
        asked.getAndIncrement(place);
    }

    /** A call that came is refused. */
    void refused() {
        refused.getAndIncrement();
    }

    /** True if calls were refused in the stretch before, so that it is known who asks for more than its share. */
    boolean knowsCrowd() {
        return fair != NO_CROWD;
    }

    /** True if a caller has fewer calls here than its share of so many. */
    boolean hasLess(int place, int all) {
        return (long) calls.get(place) * callers.get() < all;
    }

    /** True if a caller asks for no more than the fair share, however many calls it has at this moment. */
    boolean asksForLess(int place) {
        int share = fair;
        return askedBefore[place] <= share && asked.get(place) <= share;
    }

    /** Begins the next stretch if it is time; true if it did and few calls were refused in the one before. */
    boolean turn(long now) {
        return now - since >= STRETCH && turnIfWhole(now);
    }

    private synchronized boolean turnIfWhole(long now) {
        long passed = now - since;
        if (passed < STRETCH) {
            return false;
        }
        int all = 0;
        for (int place = 0; place < PLACES; place++) {
            all += asked.get(place);
        }
        return (all >= FEWEST || passed >= LONGEST) && next(now);
    }

    private boolean next(long now) {
        int sum = 0;
        for (int place = 0; place < PLACES; place++) {
            askedBefore[place] = asked.getAndSet(place, 0);
            sum += askedBefore[place];
        }
        int turnedAway = refused.getAndSet(0);
        since = now;
        int admitted = Math.max(0, sum - turnedAway);
        fair = turnedAway == 0 ? NO_CROWD : fairShare(admitted);
        return FEW * turnedAway < admitted;
    }

    /** Whoever asked for less than an equal part leaves the rest of it to the others, again and again. */
    private int fairShare(int all) {
        int share = 0;
        while (true) {
            int left = all;
            int others = 0;
            for (int each : askedBefore) {
                if (each > share) {
                    others++;
                } else {
                    left -= each;
                }
            }
            int next = others == 0 ? share : left / others;
            if (next <= share) {
                return share;
            }
            share = next;
        }
    }
}
