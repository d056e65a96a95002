package io.headgate.gateway.session;

import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One stream of messages to a legacy client, which may outlive the connection that carries it.
 *
 * <p>What is sent is kept, up to a bound, so that a client whose connection broke can resume after the last event that
 * it saw (transports, resumability). A stream that nobody may resume keeps nothing.
 */
public final class SessionStream {
    /**
     * One event.
     *
     * @param instead what a client gets that comes back when there is no room for the event, or null for nothing
     */
    private record Kept(
            long sequence, RawJson data, @Nullable RawJson instead) {}

    /** What an event costs beside its bytes. */
    private static final int EVENT_BYTES = 96;

    private final String idPrefix;
    private final int keepBytes;
    private final LongConsumer counted;
    private final Deque<Kept> kept = new ArrayDeque<>();
    private int keptBytes;
    private long sequence;
    private @Nullable EventStream sink;
    private @Nullable Runnable onWritable;
    private boolean finished;
    private long quietSinceNanos;

    /**
     * A stream whose event ids begin with the prefix; without one it cannot be resumed.
     *
     * @param counted told how many bytes more, or less, are kept
     */
    SessionStream(String idPrefix, int keepBytes, LongConsumer counted) {
        this.idPrefix = idPrefix;
        this.keepBytes = keepBytes;
        this.counted = counted;
    }

    /** Sends a message, or keeps it for the client to fetch. */
    public void send(Pieces message) {
        send(message, () -> null);
    }

    /** The same, with what a client that comes back gets instead if the message could not be kept. */
    public synchronized void send(Pieces message, Supplier<@Nullable Pieces> instead) {
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
        keep(message, instead.get());
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
        // The writer, and all that it has written, must not live as long as the events that are kept.
        onWritable = null;
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

    private void keep(Pieces message, @Nullable Pieces instead) {
        RawJson brief = instead == null ? null : RawJson.of(instead.toByteArray());
        int before = keptBytes;
        if (message.length() <= keepBytes) {
            add(new Kept(sequence, RawJson.of(message.toByteArray()), brief));
        } else if (brief != null) {
            add(new Kept(sequence, brief, brief));
        }
        while (keptBytes > keepBytes && kept.size() > 1) {
            keptBytes -= cost(kept.removeFirst());
        }
        counted.accept(keptBytes - before);
    }

    private void add(Kept event) {
        kept.addLast(event);
        keptBytes += cost(event);
    }

    private static int cost(Kept event) {
        return event.data().length() + EVENT_BYTES;
    }

    /** Keeps nothing but what stands for an answer: there is no memory for more. */
    synchronized void forgetEvents() {
        int before = keptBytes;
        List<Kept> events = List.copyOf(kept);
        kept.clear();
        keptBytes = 0;
        for (Kept event : events) {
            RawJson instead = event.instead();
            if (instead != null) {
                add(new Kept(event.sequence(), instead, instead));
            }
        }
        counted.accept(keptBytes - before);
    }

    /** Nobody can come back any more. */
    synchronized void discard() {
        kept.clear();
        counted.accept(-keptBytes);
        keptBytes = 0;
    }
}
