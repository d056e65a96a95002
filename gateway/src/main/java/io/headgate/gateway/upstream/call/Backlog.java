package io.headgate.gateway.upstream.call;

import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RpcCodes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What came for a call on its session's stream and was not asked for yet.
 *
 * <p>The stream carries other calls' messages too and cannot wait for one of them, so messages are held here, within a
 * bound. All but the count of bytes belongs to the call's event loop.
 */
public final class Backlog {
    /** What a server is told that asks where no client can be asked. */
    public static final JsonRpc.Failure CANNOT_ANSWER =
            new JsonRpc.Failure(RpcCodes.METHOD_NOT_FOUND, "no client can answer this", null);

    private static final long MAX_BYTES = 1024 * 1024;
    /** What a message costs beside its bytes. */
    private static final int MESSAGE_BYTES = 512;

    private record Waiting(JsonRpc message, int cost) {}

    private final Supplier<Hold> opens;
    private @Nullable Hold hold;
    private final Deque<Waiting> held = new ArrayDeque<>();
    private final AtomicLong bytes = new AtomicLong();

    /** What accounts for it is made when there is much. */
    public Backlog(Supplier<Hold> opens) {
        this.opens = opens;
    }

    /** Counts a message that is on its way here, from any thread; false if there are too many. */
    public boolean charge(int length) {
        long before = bytes.getAndAdd(length + MESSAGE_BYTES);
        if (before > MAX_BYTES) {
            return false;
        }
        account(length + MESSAGE_BYTES);
        return true;
    }

    /** Adds a message that was charged for. */
    public void add(JsonRpc message, int length) {
        held.add(new Waiting(message, length + MESSAGE_BYTES));
    }

    @Nullable
    public JsonRpc poll() {
        Waiting next = held.poll();
        if (next == null) {
            return null;
        }
        bytes.addAndGet(-next.cost());
        account(-next.cost());
        return next.message();
    }

    public void clear() {
        held.forEach(each -> refuse(each.message()));
        held.clear();
        Hold counted;
        synchronized (this) {
            counted = hold;
        }
        if (counted != null) {
            counted.close();
        }
    }

    private void account(int more) {
        Hold counted;
        long all = more;
        synchronized (this) {
            counted = hold;
            if (counted == null && bytes.get() >= MemoryBudget.LEAST) {
                counted = opens.get();
                hold = counted;
                all = bytes.get();
            }
        }
        if (counted != null) {
            counted.add(all);
        }
    }

    /** The call takes no more messages; a server that asks something has to hear so. */
    public static void refuse(JsonRpc message) {
        if (message instanceof JsonRpc.Question question) {
            question.answer().accept(CANNOT_ANSWER);
        }
    }
}
