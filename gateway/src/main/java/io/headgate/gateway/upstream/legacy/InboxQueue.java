package io.headgate.gateway.upstream.legacy;

import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.util.AbstractQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Messages that wait for whoever listens, bounded in number and in bytes. */
final class InboxQueue extends AbstractQueue<JsonRpc> {
    private static final int MAX_MESSAGES = 64;
    private static final long MAX_BYTES = 1024 * 1024;
    /** What a message costs beside its bytes. */
    private static final int MESSAGE_BYTES = 512;

    private final UpstreamMeters meters;
    private final Consumer<JsonRpc> lost;
    private final Deque<JsonRpc> messages = new ArrayDeque<>(4);
    private long bytes;
    private @Nullable Hold hold;

    /** {@code lost} takes what must go because memory is short. */
    InboxQueue(UpstreamMeters meters, Consumer<JsonRpc> lost) {
        this.meters = meters;
        this.lost = lost;
    }

    /** Takes a message if there is room; a large one only if it has all of the room, because it is taken at once then. */
    @Override
    public boolean offer(JsonRpc message) {
        long cost = cost(message);
        synchronized (this) {
            if (messages.size() >= MAX_MESSAGES || (bytes > 0 && bytes + cost > MAX_BYTES)) {
                return false;
            }
            messages.add(message);
        }
        count(cost);
        return true;
    }

    /** Takes a message for later, and makes room by giving up the oldest ones, or the message itself if it is too large. */
    List<JsonRpc> push(JsonRpc message) {
        long cost = cost(message);
        if (cost > MAX_BYTES) {
            return List.of(message);
        }
        List<JsonRpc> given = new ArrayList<>();
        long more = cost;
        synchronized (this) {
            while (messages.size() >= MAX_MESSAGES || bytes + more > MAX_BYTES) {
                JsonRpc oldest = messages.remove();
                more -= cost(oldest);
                given.add(oldest);
            }
            messages.add(message);
        }
        count(more);
        return given;
    }

    @Override
    public @Nullable JsonRpc poll() {
        JsonRpc next;
        synchronized (this) {
            next = messages.poll();
        }
        if (next != null) {
            count(-cost(next));
        }
        return next;
    }

    @Override
    public synchronized @Nullable JsonRpc peek() {
        return messages.peek();
    }

    @Override
    public synchronized int size() {
        return messages.size();
    }

    @Override
    public synchronized Iterator<JsonRpc> iterator() {
        return List.copyOf(messages).iterator();
    }

    /** Gives all up, in their order. */
    List<JsonRpc> takeAll() {
        List<JsonRpc> all;
        synchronized (this) {
            all = List.copyOf(messages);
            messages.clear();
        }
        count(-all.stream().mapToLong(InboxQueue::cost).sum());
        return all;
    }

    @Override
    public void clear() {
        takeAll().forEach(lost);
    }

    private void count(long more) {
        Hold current;
        synchronized (this) {
            bytes += more;
            current = hold;
            if (current == null && bytes >= MemoryBudget.LEAST) {
                current = meters.hold(Held.INBOX, null, this::clear);
                hold = current;
                current.add(bytes);
                return;
            }
            if (current != null && bytes == 0) {
                hold = null;
            }
        }
        if (current != null) {
            current.add(more);
            closeIfEmpty(current);
        }
    }

    private void closeIfEmpty(Hold former) {
        boolean isFormer;
        synchronized (this) {
            isFormer = hold != former;
        }
        if (isFormer) {
            former.close();
        }
    }

    private static long cost(JsonRpc message) {
        RawJson params = message instanceof JsonRpc.Notification notification
                ? notification.params()
                : message instanceof JsonRpc.Question question ? question.params() : null;
        return (long) MESSAGE_BYTES + (params == null ? 0 : params.retained());
    }
}
