package io.headgate.filter.concurrency;

import io.headgate.filter.RequestHeaders;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How many calls each caller asked a server for lately, in a table of fixed size.
 *
 * <p>A caller is found by what it shows to be let in, so that it is the same one before its body is read and its
 * identity known. Two callers may share a place, which makes them less fair to each other and nothing worse.
 *
 * <p>Time is cut into stretches. If calls were refused in the last one, what was served then is divided so that who
 * asked for little got all of it and the others the same each: that is the fair share. Who asks for more is the crowd,
 * and so are many who ask for little each, if together they ask for more than there is.
 */
final class Shares {
    private static final int PLACES = 256;

    private static final long STRETCH = TimeUnit.MILLISECONDS.toNanos(200);

    /** Fewer calls say little of who asks for how much, so a stretch waits for them, but not for ever. */
    private static final int FEWEST = 40;

    private static final long LONGEST = TimeUnit.SECONDS.toNanos(5);

    /** The fair share while nobody is refused. */
    private static final int NO_CROWD = -1;

    /** Calls that came in the present stretch, whatever became of them. */
    private final AtomicIntegerArray asked = new AtomicIntegerArray(PLACES);

    private final AtomicInteger refused = new AtomicInteger();
    private volatile long since;

    /** What came in the stretch before; written before the fair share, and read after it. */
    private final int[] askedBefore = new int[PLACES];

    private int presentBefore;

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

    /** True if a caller asked for less than callers do on average, in this stretch and the one before. */
    boolean asksForLessThanOthers(int place) {
        int all = 0;
        int callers = 0;
        for (int each = 0; each < PLACES; each++) {
            int calls = lately(each);
            all += calls;
            callers += calls > 0 ? 1 : 0;
        }
        return (long) lately(place) * callers < all;
    }

    private int lately(int place) {
        return askedBefore[place] + asked.get(place);
    }

    /** True if a caller asks for no more than the fair share, however many calls it has at this moment. */
    boolean asksForLess(int place) {
        int share = fair;
        return askedBefore[place] <= share && asked.get(place) <= share;
    }

    /**
     * Begins the next stretch if it is time.
     *
     * @param present how many calls are here now
     */
    void turn(long now, int present) {
        if (now - since >= STRETCH) {
            turnIfWhole(now, present);
        }
    }

    private synchronized void turnIfWhole(long now, int present) {
        long passed = now - since;
        if (passed < STRETCH) {
            return;
        }
        int all = 0;
        for (int place = 0; place < PLACES; place++) {
            all += asked.get(place);
        }
        if (all >= FEWEST || passed >= LONGEST) {
            next(now, present);
        }
    }

    private void next(long now, int present) {
        int sum = 0;
        for (int place = 0; place < PLACES; place++) {
            askedBefore[place] = asked.getAndSet(place, 0);
            sum += askedBefore[place];
        }
        int turnedAway = refused.getAndSet(0);
        since = now;
        int admitted = Math.max(0, sum - turnedAway);
        // While those go that came when more were let in, few are let in, though the server does as much as ever.
        int ended = admitted + presentBefore - present;
        presentBefore = present;
        fair = turnedAway == 0 ? NO_CROWD : fairShare(Math.max(admitted, ended));
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
