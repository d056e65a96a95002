package io.headgate.filter;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happens at a gateway besides calls, for a filter that keeps records of it; one listener at a time.
 *
 * <p>The newest listener is told, and when it goes, the one before it: a filter may be made to replace another one, and may be
 * closed without having replaced it. What is posted without a listener is lost, and costs one look.
 */
public final class Events {
    /** All that listen, the newest first. */
    private final Deque<Listener> listeners = new ArrayDeque<>();

    private volatile @Nullable Listener listener;

    /** Takes what is posted, on any thread; must not block. */
    public interface Listener {
        /** Something happened to the gateway, its servers or their tools. */
        void happened(String name, Map<String, String> facts);

        /** Something from outside was refused that no record of a call tells of. */
        void refused(String name, @Nullable InetAddress from);
    }

    /** Tells a listener from now on, until it {@linkplain #unlisten goes} or a newer one comes. */
    public synchronized void listen(Listener newest) {
        listeners.addFirst(newest);
        listener = newest;
    }

    /** Tells a listener no more. */
    public synchronized void unlisten(Listener gone) {
        var unused = listeners.removeFirstOccurrence(gone);
        listener = listeners.peekFirst();
    }

    /** True if it is worth finding out what exactly happened. */
    public boolean areHeard() {
        return listener != null;
    }

    /** Says that something happened; the facts hold no secret. */
    public void post(String name, Map<String, String> facts) {
        Listener heard = listener;
        if (heard != null) {
            heard.happened(name, facts);
        }
    }

    /** Says that a message was refused; the name is one of a closed set. */
    public void refused(String name, @Nullable InetAddress from) {
        Listener heard = listener;
        if (heard != null) {
            heard.refused(name, from);
        }
    }
}
