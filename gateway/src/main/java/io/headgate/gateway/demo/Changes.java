package io.headgate.gateway.demo;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import reactor.core.Disposable;

/** Tells whoever listens that a list or a resource has changed. */
final class Changes {
    /** What changed; only a resource has a URI. */
    record Change(Kind kind, String uri) {
        static final Change TOOLS = new Change(Kind.TOOLS, "");
        static final Change PROMPTS = new Change(Kind.PROMPTS, "");

        static Change resource(String uri) {
            return new Change(Kind.RESOURCE, uri);
        }
    }

    enum Kind {
        TOOLS("notifications/tools/list_changed"),
        PROMPTS("notifications/prompts/list_changed"),
        RESOURCE("notifications/resources/updated");

        private final String method;

        Kind(String method) {
            this.method = method;
        }

        String method() {
            return method;
        }
    }

    interface Listener {
        void changed(Change change);
    }

    private final Set<Listener> listeners = new LinkedHashSet<>();

    /** Runs {@code first} and then listens, with no change in between. */
    synchronized Disposable listen(Runnable first, Listener listener) {
        first.run();
        listeners.add(listener);
        return () -> forget(listener);
    }

    void publish(Change change) {
        List<Listener> told;
        synchronized (this) {
            told = List.copyOf(listeners);
        }
        told.forEach(listener -> listener.changed(change));
    }

    private synchronized void forget(Listener listener) {
        listeners.remove(listener);
    }
}
