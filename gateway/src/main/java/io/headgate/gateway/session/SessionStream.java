package io.headgate.gateway.session;

import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One stream of messages to a legacy client, which may outlive the connection that carries it.
 *
 * <p>What is sent is kept, up to a bound, so that a client whose connection broke can resume after the last event that
 * it saw (transports, resumability). A stream that nobody may resume keeps nothing.
 */
public final class SessionStream {
    private record Kept(long sequence, RawJson data) {}

    private final String idPrefix;
    private final int keepBytes;
    private final Deque<Kept> kept = new ArrayDeque<>();
    private int keptBytes;
    private long sequence;
    private @Nullable EventStream sink;
    private @Nullable Runnable onWritable;
    private boolean finished;
    private long quietSinceNanos;

    /** A stream whose event ids begin with the prefix; without one it cannot be resumed. */
    SessionStream(String idPrefix, int keepBytes) {
        this.idPrefix = idPrefix;
        this.keepBytes = keepBytes;
    }

    /** Sends a message, or keeps it for the client to fetch. */
    public synchronized void send(Pieces message) {
        if (finished) {
            return;
        }
        sequence++;
        EventStream to = sink;
        if (!isResumable()) {
            if (to != null) {
                to.message(null, message);
            }
            return;
        }
        keep(new Kept(sequence, RawJson.of(message.toByteArray())));
        if (to != null) {
            to.message(idPrefix + sequence, message);
        }
    }

    /** Ends the stream: nothing more will be sent. */
    public synchronized void finish() {
        if (finished) {
            return;
        }
        finished = true;
        quietSinceNanos = System.nanoTime();
        EventStream to = sink;
        if (to != null) {
            to.end();
            sink = null;
        }
    }

    /** Ends the connection and not the stream. */
    void endConnection() {
        EventStream connection;
        synchronized (this) {
            connection = sink;
        }
        if (connection != null) {
            connection.end();
            boolean unused = detach(connection);
        }
    }

    /** Connects a client's connection; the first event tells it where to resume. */
    public synchronized void attach(EventStream connection, boolean prime, long retryMillis) {
        connect(connection);
        if (prime && isResumable()) {
            connection.prime(idPrefix + sequence, retryMillis);
        }
    }

    /** Connects a client that saw the event with this number: sends what it missed, then goes on. */
    public synchronized void resume(EventStream connection, long afterSequence, boolean prime, long retryMillis) {
        EventStream old = sink;
        if (old != null) {
            old.end();
        }
        connect(connection);
        if (prime) {
            connection.prime(idPrefix + afterSequence, retryMillis);
        }
        for (Kept event : kept) {
            if (event.sequence() > afterSequence) {
                connection.message(idPrefix + event.sequence(), new Pieces(1).add(event.data()));
            }
        }
        if (finished) {
            connection.end();
            sink = null;
        }
    }

    private void connect(EventStream connection) {
        sink = connection;
        connection.onWritable(() -> {
            Runnable action;
            synchronized (this) {
                action = sink == connection ? onWritable : null;
            }
            if (action != null) {
                action.run();
            }
        });
    }

    /** The connection is gone, and messages are kept from now on; false if another one has taken its place. */
    public boolean detach(EventStream connection) {
        Runnable action;
        synchronized (this) {
            if (sink != connection) {
                return false;
            }
            sink = null;
            quietSinceNanos = System.nanoTime();
            action = onWritable;
        }
        // A writer that waited for a slow reader goes on: the bounded store takes the rest.
        if (action != null) {
            action.run();
        }
        return true;
    }

    public synchronized void onWritable(Runnable action) {
        onWritable = action;
    }

    public synchronized boolean isWritable() {
        EventStream to = sink;
        return to == null || to.isWritable();
    }

    public synchronized boolean isAttached() {
        return sink != null;
    }

    synchronized boolean isFinished() {
        return finished;
    }

    /** True if nobody is connected and the time to resume has passed. */
    synchronized boolean isStale(long nowNanos, long replayNanos) {
        return sink == null && nowNanos - quietSinceNanos > replayNanos && (finished || !isResumable());
    }

    synchronized boolean isQuietFor(long nowNanos, long replayNanos) {
        return sink == null && nowNanos - quietSinceNanos > replayNanos;
    }

    boolean isResumable() {
        return !idPrefix.isEmpty();
    }

    private void keep(Kept event) {
        kept.addLast(event);
        keptBytes += event.data().length();
        // The newest event stays whatever its size: it may be the answer.
        while (keptBytes > keepBytes && kept.size() > 1) {
            keptBytes -= kept.removeFirst().data().length();
        }
    }
}
