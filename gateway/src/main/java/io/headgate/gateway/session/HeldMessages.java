package io.headgate.gateway.session;

import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a server has said and nobody has heard yet, and how many bytes that keeps in memory; guarded by its call. */
final class HeldMessages {
    private final Deque<JsonRpc> messages = new ArrayDeque<>();

    /** Adds a message, and gives by how many bytes there are more. */
    long add(JsonRpc message) {
        messages.add(message);
        return size(message);
    }

    /** The same while nobody looks: of reports how it goes, one after another, only the last counts. */
    long addUnseen(JsonRpc message) {
        JsonRpc last = isProgress(message) ? messages.peekLast() : null;
        long less = last != null && isProgress(last) ? size(messages.pollLast()) : 0;
        return add(message) - less;
    }

    @Nullable
    JsonRpc peek() {
        return messages.peek();
    }

    /** Takes the first message away, and gives by how many bytes there are less. */
    long remove() {
        return size(messages.poll());
    }

    int count() {
        return messages.size();
    }

    List<JsonRpc> takeAll() {
        List<JsonRpc> all = List.copyOf(messages);
        messages.clear();
        return all;
    }

    private static boolean isProgress(JsonRpc message) {
        return message instanceof JsonRpc.Notification notification
                && notification.method().equals(Methods.PROGRESS);
    }

    private static long size(@Nullable JsonRpc message) {
        if (message instanceof JsonRpc.Notification notification) {
            return size(notification.params());
        }
        if (message instanceof JsonRpc.Question question) {
            return size(question.params());
        }
        if (message instanceof JsonRpc.Success success) {
            return success.result().retained();
        }
        return message instanceof JsonRpc.Failure failure ? size(failure.data()) : 0;
    }

    private static long size(@Nullable RawJson json) {
        return json == null ? 0 : json.retained();
    }
}
