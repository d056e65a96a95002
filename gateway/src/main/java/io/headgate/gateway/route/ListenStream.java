package io.headgate.gateway.route;

import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonRpc;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Operators;

/**
 * What waits for one listener: the acknowledgement first, then whatever came from any thread.
 *
 * <p>A listener that reads slowly has each change, and each resource's update, waiting once, for it only needs to know
 * that there was one. What cannot be merged is bounded, and a listener that exceeds the bound is refused.
 */
final class ListenStream implements Subscription {
    private static final int MOST_MESSAGES = 1_024;
    private static final int MOST_UPDATES = 10_000;

    private final CoreSubscriber<? super JsonRpc> actual;
    private final Disposable.Composite sources = Disposables.composite();
    private final AtomicInteger wakeUps = new AtomicInteger();

    // All below is guarded by this.
    private @Nullable JsonRpc acknowledgement;
    private final Queue<JsonRpc> messages = new ArrayDeque<>();
    private final Set<String> changes = new LinkedHashSet<>();
    private final Map<String, JsonRpc> updates = new LinkedHashMap<>();
    private JsonRpc.@Nullable Success result;
    private boolean isOpen;
    private boolean hasEnded;
    private boolean isOverfull;
    private boolean isCancelled;
    private long requested;

    ListenStream(CoreSubscriber<? super JsonRpc> actual, JsonRpc acknowledgement) {
        this.actual = actual;
        this.acknowledgement = acknowledgement;
    }

    /** What the listener asked for is in place as far as it is honoured: it may be told so, and then hear the rest. */
    void open(JsonRpc honoured) {
        synchronized (this) {
            if (!isOpen) {
                acknowledgement = honoured;
                isOpen = true;
            }
        }
        drain();
    }

    /** Lives as long as this stream. */
    void add(Disposable source) {
        sources.add(source);
    }

    void changed(String method) {
        synchronized (this) {
            changes.add(method);
        }
        drain();
    }

    void updated(String uri, JsonRpc update) {
        synchronized (this) {
            isOverfull |= updates.put(uri, update) == null && updates.size() > MOST_UPDATES;
        }
        drain();
    }

    void message(JsonRpc message) {
        synchronized (this) {
            messages.add(message);
            isOverfull |= messages.size() > MOST_MESSAGES;
        }
        drain();
    }

    /** Ends after all that waits now, with a result. */
    void end(JsonRpc.Success last) {
        synchronized (this) {
            if (!hasEnded) {
                hasEnded = true;
                isOpen = true;
                result = last;
            }
        }
        sources.dispose();
        drain();
    }

    @Override
    public void request(long n) {
        if (Operators.validate(n)) {
            synchronized (this) {
                requested = Operators.addCap(requested, n);
            }
            drain();
        }
    }

    @Override
    public void cancel() {
        synchronized (this) {
            isCancelled = true;
            forget();
        }
        sources.dispose();
    }

    private void drain() {
        if (wakeUps.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            emitAll();
            seen = wakeUps.addAndGet(-seen);
        } while (seen != 0);
    }

    private void emitAll() {
        while (true) {
            JsonRpc next;
            boolean overfull;
            synchronized (this) {
                if (isCancelled) {
                    return;
                }
                overfull = isOverfull;
                next = overfull ? null : next();
                if (overfull || (next == null && hasEnded && result == null)) {
                    isCancelled = true;
                    forget();
                } else if (next == null) {
                    return;
                }
            }
            if (next != null) {
                actual.onNext(next);
                continue;
            }
            sources.dispose();
            if (overfull) {
                actual.onError(new Refusal(Refusal.Reason.OVERLOADED, "The listener reads too slowly"));
            } else {
                actual.onComplete();
            }
            return;
        }
    }

    /** Takes the message that is due, or null if there is none or nobody wants it yet. */
    private @Nullable JsonRpc next() {
        if (requested == 0 || !isOpen) {
            return null;
        }
        JsonRpc next = acknowledgement;
        acknowledgement = null;
        if (next == null) {
            next = messages.poll();
        }
        if (next == null) {
            String method = takeFirst(changes);
            next = method == null ? takeFirst(updates.values()) : new JsonRpc.Notification(method, null);
        }
        if (next == null) {
            next = result;
            result = null;
        }
        if (next != null && requested != Long.MAX_VALUE) {
            requested--;
        }
        return next;
    }

    private static <T> @Nullable T takeFirst(Iterable<T> items) {
        Iterator<T> all = items.iterator();
        if (!all.hasNext()) {
            return null;
        }
        T first = all.next();
        all.remove();
        return first;
    }

    private void forget() {
        messages.clear();
        changes.clear();
        updates.clear();
        result = null;
    }
}
