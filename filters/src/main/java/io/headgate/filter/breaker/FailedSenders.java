package io.headgate.filter.breaker;

import io.headgate.filter.Sender;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Whose calls failed last, so that what one sender does opens the breaker of a server for nobody else. */
final class FailedSenders {
    private static final int MOST = 64;

    /** Calls that are not answered at all may end far apart, so these count whenever they ended. */
    private static final int LEAST = 5;

    private final AtomicReferenceArray<@Nullable Sender> latest = new AtomicReferenceArray<>(MOST);
    private final AtomicInteger next = new AtomicInteger();

    void failed(Sender sender) {
        latest.set(Math.floorMod(next.getAndIncrement(), MOST), sender);
    }

    /** How often each sender is among so many of the latest failures, as far as they are known. */
    Map<Sender, Integer> latest(int failures) {
        Map<Sender, Integer> counts = new HashMap<>();
        int end = next.get();
        for (int i = 1; i <= Math.min(MOST, Math.max(failures, LEAST)); i++) {
            Sender each = latest.get(Math.floorMod(end - i, MOST));
            if (each != null) {
                counts.merge(each, 1, Integer::sum);
            }
        }
        return counts;
    }
}
