package io.headgate.gateway.upstream;

import io.headgate.mcp.JsonRpc;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What came for a call on its session's stream and was not asked for yet.
 *
 * <p>The stream carries other calls' messages too and cannot wait for one of them, so messages are held here, within a
 * bound. All but the count of bytes belongs to the call's event loop.
 */
final class Backlog {
    private static final long MAX_BYTES = 1024 * 1024;
    /** What a message costs beside its bytes. */
    private static final int MESSAGE_BYTES = 512;

    private record Held(JsonRpc message, int cost) {}

    private final Deque<Held> held = new ArrayDeque<>();
    private final AtomicLong bytes = new AtomicLong();

    /** Counts a message that is on its way here, from any thread; false if there are too many. */
    boolean charge(int length) {
        return bytes.getAndAdd(length + MESSAGE_BYTES) <= MAX_BYTES;
    }

    /** Adds a message that was charged for. */
    void add(JsonRpc message, int length) {
        held.add(new Held(message, length + MESSAGE_BYTES));
    }

    @Nullable
    JsonRpc poll() {
        Held next = held.poll();
        if (next == null) {
            return null;
        }
        bytes.addAndGet(-next.cost());
        return next.message();
    }

    void clear() {
        held.forEach(each -> refuse(each.message()));
        held.clear();
    }

    /** The call takes no more messages; a server that asks something has to hear so. */
    static void refuse(JsonRpc message) {
        if (message instanceof JsonRpc.Question question) {
            question.answer().accept(Inbox.NOBODY);
        }
    }
}
