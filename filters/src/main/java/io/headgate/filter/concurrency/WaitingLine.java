package io.headgate.filter.concurrency;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The calls that wait for one limiter: interactive ones before batch, callers in turn, and of one caller the oldest
 * first; not thread-safe.
 */
final class WaitingLine {
    private final Turns interactive = new Turns();
    private final Turns batch = new Turns();
    private int size;

    int size() {
        return size;
    }

    void add(WaitingCall call) {
        (call.isBatch() ? batch : interactive).add(call);
        size++;
    }

    /** False if it does not wait any more. */
    boolean remove(WaitingCall call) {
        boolean removed = (call.isBatch() ? batch : interactive).remove(call);
        if (removed) {
            size--;
        }
        return removed;
    }

    /** The next one, or null. */
    @Nullable
    WaitingCall next() {
        WaitingCall next = interactive.next();
        if (next == null) {
            next = batch.next();
        }
        if (next != null) {
            size--;
        }
        return next;
    }

    /** The callers of one priority, in the order of their turns. */
    private static final class Turns {
        private final Map<String, ArrayDeque<WaitingCall>> calls = new HashMap<>();
        private final ArrayDeque<String> callers = new ArrayDeque<>();

        void add(WaitingCall call) {
            ArrayDeque<WaitingCall> own = calls.get(call.caller());
            if (own == null) {
                own = new ArrayDeque<>();
                calls.put(call.caller(), own);
                callers.add(call.caller());
            }
            own.add(call);
        }

        boolean remove(WaitingCall call) {
            ArrayDeque<WaitingCall> own = calls.get(call.caller());
            if (own == null || !own.remove(call)) {
                return false;
            }
            if (own.isEmpty()) {
                calls.remove(call.caller());
                callers.remove(call.caller());
            }
            return true;
        }

        @Nullable
        WaitingCall next() {
            String caller = callers.poll();
            ArrayDeque<WaitingCall> own = caller == null ? null : calls.get(caller);
            if (caller == null || own == null) {
                return null;
            }
            WaitingCall next = own.poll();
            if (own.isEmpty()) {
                calls.remove(caller);
            } else {
                callers.add(caller);
            }
            return next;
        }
    }
}
