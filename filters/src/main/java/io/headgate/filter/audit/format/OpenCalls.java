package io.headgate.filter.audit.format;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The calls whose intent is in the log and whose outcome is not, in bounded memory. */
public final class OpenCalls {
    private final Map<String, Call> calls = new LinkedHashMap<>();
    private final int most;
    private long untrackedFrom = Long.MAX_VALUE;

    /** One intent without outcome. */
    public record Call(
            String id, long seq, String boot, @Nullable String traceId) {}

    public OpenCalls(int most) {
        this.most = most;
    }

    /** Remembers an intent; false if the call is known already. */
    public boolean opened(Call call) {
        if (calls.size() >= most && !calls.containsKey(call.id())) {
            untrackedFrom = Math.min(untrackedFrom, call.seq());
            return true;
        }
        return calls.put(call.id(), call) == null;
    }

    /** Forgets a call whose outcome is known; null if its intent is not. */
    public @Nullable Call closed(String id) {
        return calls.remove(id);
    }

    public void remember(List<Call> open) {
        open.forEach(call -> calls.put(call.id(), call));
    }

    public void forget(List<Call> closed) {
        closed.forEach(call -> calls.remove(call.id()));
    }

    public int size() {
        return calls.size();
    }

    /** Whether there were more at a time than it can hold, so that it does not know all of them. */
    public boolean isIncomplete() {
        return untrackedFrom != Long.MAX_VALUE;
    }

    /** No open intent stands before this place, which is at most the given one. */
    public long oldest(long next) {
        long oldest = Math.min(next, untrackedFrom);
        for (Call call : calls.values()) {
            oldest = Math.min(oldest, call.seq());
        }
        return oldest;
    }

    public List<Call> all() {
        return new ArrayList<>(calls.values());
    }
}
