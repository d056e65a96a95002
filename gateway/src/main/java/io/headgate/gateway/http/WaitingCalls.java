package io.headgate.gateway.http;

import java.util.ArrayDeque;

/** The requests of a connection that came before the ones ahead of them were answered, in their order. */
final class WaitingCalls {
    private final ArrayDeque<DoorCall> calls = new ArrayDeque<>(2);
    private int bytes;

    void add(DoorCall call) {
        calls.add(call);
        bytes += call.bodyLength();
    }

    DoorCall next() {
        DoorCall next = calls.remove();
        bytes -= next.bodyLength();
        return next;
    }

    boolean isEmpty() {
        return calls.isEmpty();
    }

    int size() {
        return calls.size();
    }

    /** How much their bodies hold. */
    int bytes() {
        return bytes;
    }

    boolean contains(RequestBody body) {
        return calls.contains(body);
    }

    void clear() {
        calls.forEach(DoorCall::dropBody);
        calls.clear();
        bytes = 0;
    }
}
