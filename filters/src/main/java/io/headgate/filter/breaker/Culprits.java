package io.headgate.filter.breaker;

import io.headgate.filter.Sender;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether it is one sender alone whose calls a server does not manage. */
final class Culprits {
    private Culprits() {}

    /**
     * The sender without whose bad calls the server would look well, or null if there is none.
     *
     * @param counts how many bad calls are known of each sender; where that is not all, those that are known stand for all
     * @param bad how many calls failed, or were slow
     * @param calls how many there were
     * @param rate how many percent of them may not be bad
     */
    static @Nullable Sender culprit(Map<Sender, Integer> counts, int bad, int calls, int rate) {
        Sender most = null;
        int times = 0;
        int known = 0;
        for (Map.Entry<Sender, Integer> each : counts.entrySet()) {
            known += each.getValue();
            if (each.getValue() > times) {
                most = each.getKey();
                times = each.getValue();
            }
        }
        if (most == null) {
            return null;
        }
        long ofOthers = (long) bad * (known - times) / known;
        long callsOfOthers = calls - (bad - ofOthers);
        return isBad(ofOthers, callsOfOthers, rate) ? null : most;
    }

    /**
     * Half of the rate is enough: the others may have had many good calls before the server failed. Judged wrongly, it is
     * judged again by their next calls.
     */
    private static boolean isBad(long bad, long calls, int rate) {
        return bad > 0 && 2 * 100L * bad >= (long) rate * calls;
    }
}
