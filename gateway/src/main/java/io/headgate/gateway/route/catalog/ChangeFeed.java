package io.headgate.gateway.route.catalog;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Tells listeners which lists are other ones than before: gathered for a tenth of a second, and at most twice a second,
 * so that a fleet that restarts is one notification and not one per server.
 */
public final class ChangeFeed {
    private static final long GATHER_MILLIS = 100;
    private static final long SPACING_MILLIS = 200;

    private record Listener(String scope, Consumer<Set<String>> action) {}

    private final Scheduler timer;
    private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();
    private final Disposable.Swap scheduled = Disposables.swap();
    private Map<String, Set<String>> gathered = new HashMap<>();
    private long lastFlush = Long.MIN_VALUE / 2;

    ChangeFeed(Scheduler timer) {
        this.timer = timer;
    }

    /** Takes the methods of the notifications that are due, on the timer's thread, until disposed. */
    public Disposable listen(String scope, Consumer<Set<String>> action) {
        Listener listener = new Listener(scope, action);
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    synchronized void changed(String server, Set<String> methods) {
        if (methods.isEmpty()) {
            return;
        }
        boolean isFirst = gathered.isEmpty();
        gathered.computeIfAbsent(server, key -> new HashSet<>()).addAll(methods);
        if (isFirst) {
            long now = timer.now(TimeUnit.MILLISECONDS);
            long delay = Math.max(GATHER_MILLIS, lastFlush + SPACING_MILLIS - now);
            scheduled.update(timer.schedule(this::flush, delay, TimeUnit.MILLISECONDS));
        }
    }

    void close() {
        scheduled.dispose();
        listeners.clear();
    }

    private void flush() {
        Map<String, Set<String>> due;
        synchronized (this) {
            due = gathered;
            gathered = new HashMap<>();
            lastFlush = timer.now(TimeUnit.MILLISECONDS);
        }
        Set<String> ofFleet = new HashSet<>();
        due.values().forEach(ofFleet::addAll);
        for (Listener listener : listeners) {
            Set<String> methods = listener.scope().isEmpty() ? ofFleet : due.get(listener.scope());
            if (methods != null) {
                listener.action().accept(methods);
            }
        }
    }
}
