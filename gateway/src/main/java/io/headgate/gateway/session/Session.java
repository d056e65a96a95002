package io.headgate.gateway.session;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.ClientSession;
import io.headgate.filter.Sender;
import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One legacy client's session: its caller, what it declared, its streams, its calls, and the questions it was asked. */
public final class Session implements ClientSession {
    private static final int MAX_QUESTIONS = 64;
    private static final int MAX_STREAMS = 64;

    /** How long a session is kept whose client has not come back with its id. */
    private static final long UNUSED_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** About what a session takes beside what its client says and does. */
    private static final int OWN_BYTES = 2048;

    private final String id;
    private final String eventTag;
    private final String server;
    private final SessionConfig config;
    private final long startNanos = System.nanoTime();
    private final Map<Long, Asked> questions = new ConcurrentHashMap<>();
    private final Map<String, Runnable> calls = new ConcurrentHashMap<>();
    private final Map<Long, SessionStream> streams = new ConcurrentHashMap<>();
    private final List<Runnable> onEnd = new ArrayList<>();
    private final AtomicLong numbers = new AtomicLong();
    private final SessionStream standing;

    /** Whether no call was on its way when the gateway stopped and looked last. */
    private volatile boolean isQuiet;

    private int reservedConnections;
    private final List<EventStream> waitingConnections = new ArrayList<>();
    private @Nullable Runnable endListening;
    private volatile long touchedNanos = startNanos;
    private volatile @Nullable Caller owner;
    private volatile Sender sender = Sender.of(Caller.ANONYMOUS, null);
    private volatile boolean isUsed;
    private volatile Client client;
    private boolean ended;
    private boolean released;

    private final MemoryBudget memory;

    /** Taken after the lock of a stream, and never before another one. */
    private final Object holdLock = new Object();

    private @Nullable Hold own;
    private @Nullable Hold replay;
    private boolean freed;

    /** Of a question only what is needed to answer it: what it asks may be large. */
    private record Asked(String method, Consumer<JsonRpc.Response> answer, long sinceNanos) {}

    Session(
            String id,
            String eventTag,
            String server,
            Client client,
            SessionConfig config,
            boolean resumable,
            MemoryBudget memory) {
        this.id = id;
        this.eventTag = eventTag;
        this.server = server;
        this.client = client;
        this.config = config;
        this.memory = memory;
        this.standing = new SessionStream(resumable ? eventTag + "-0-" : "", config.replayBytes(), this::keeps);
    }

    @Override
    public String id() {
        return id;
    }

    /** The server whose door the session came through, or the empty string for the fleet. */
    public String server() {
        return server;
    }

    /** False for a session that is one connection and ends with it. */
    public boolean isResumable() {
        return standing.isResumable();
    }

    public Client client() {
        return client;
    }

    public void client(Client declared) {
        client = declared;
        synchronized (holdLock) {
            if (own != null) {
                own.set(OWN_BYTES + claims(declared));
            }
        }
    }

    public @Nullable Caller owner() {
        return owner;
    }

    /** Counts what it holds from now on. */
    void hold(Caller caller) {
        synchronized (holdLock) {
            if (!freed) {
                own = memory.hold(Held.SESSION, caller.key(), null, null);
                own.set(OWN_BYTES + claims(client));
            }
        }
    }

    private static int claims(Client client) {
        RawJson info = client.info();
        return client.capabilities().length() + client.answerable().length() + (info == null ? 0 : info.length());
    }

    /** Counts events that are kept for a client that may come back; called by a stream that holds its own lock. */
    private void keeps(long more) {
        Hold current;
        synchronized (holdLock) {
            current = replay;
            if (current == null && !freed && more > 0) {
                Caller caller = owner;
                current = memory.hold(Held.REPLAY, caller == null ? "" : caller.key(), null, this::forgetEvents);
                replay = current;
            }
        }
        if (current != null) {
            current.add(more);
        }
    }

    /** Memory is short: a client that comes back finds no events any more but that answers are lost. */
    private void forgetEvents() {
        standing.forgetEvents();
        streams.values().forEach(SessionStream::forgetEvents);
    }

    void owner(Caller caller, Sender from) {
        owner = caller;
        sender = from;
    }

    Sender sender() {
        return sender;
    }

    /** True the first time: the caller's count goes down once. */
    synchronized boolean releaseOnce() {
        boolean first = !released;
        released = true;
        return first;
    }

    public void touch() {
        touchedNanos = System.nanoTime();
    }

    /** Its client has come back with its id; true the first time. */
    boolean use() {
        touch();
        if (isUsed) {
            return false;
        }
        isUsed = true;
        return true;
    }

    /** True if its client waits for something in it. */
    boolean isBusy() {
        return !calls.isEmpty() || standing.isAttached();
    }

    boolean isExpired(long nowNanos) {
        long idle = config.idle().toNanos();
        // Every client says that it is initialized as soon as it is.
        long patience = isUsed ? idle : Math.min(idle, UNUSED_NANOS);
        return (!isBusy() && nowNanos - touchedNanos > patience)
                || nowNanos - startNanos > config.absolute().toNanos();
    }

    // Calls: what notifications/cancelled can name.

    /**
     * Notes a call on its way; false if another one has the same id, which is served all the same. The id stays with the
     * first: the owner of the second is not known yet, and must not take it away from another caller's call.
     */
    public boolean begin(String requestId, Runnable cancel) {
        return calls.putIfAbsent(requestId, cancel) == null;
    }

    public void finish(String requestId, Runnable cancel) {
        calls.remove(requestId, cancel);
    }

    /** Cancels the call with this id; false if there is none. */
    public boolean cancel(String requestId) {
        Runnable cancel = calls.remove(requestId);
        if (cancel == null) {
            return false;
        }
        cancel.run();
        return true;
    }

    // Questions: what the client was asked and has not answered.

    /** Notes a question and gives the id to ask it with, or -1 if too many are open. */
    public long ask(JsonRpc.Question question) {
        if (questions.size() >= MAX_QUESTIONS) {
            return -1;
        }
        long number = numbers.incrementAndGet();
        questions.put(number, new Asked(question.method(), question.answer(), System.nanoTime()));
        return number;
    }

    /** Takes the client's answer; false if nothing with this id was asked, or it was answered before. */
    public boolean answer(long number, JsonRpc.Response response) {
        Asked asked = questions.remove(number);
        if (asked == null) {
            return false;
        }
        asked.answer().accept(response);
        return true;
    }

    /** Forgets a question whose call has ended; false if it was answered before. */
    public boolean forget(long number) {
        return questions.remove(number) != null;
    }

    int questions() {
        return questions.size();
    }

    // Streams.

    /** The stream of messages that belong to no call. */
    public SessionStream standing() {
        return standing;
    }

    /** A new stream for the answer to one POST. */
    public SessionStream openStream() {
        long number = numbers.incrementAndGet();
        if (streams.size() >= MAX_STREAMS) {
            dropOldestFinished();
        }
        SessionStream stream = new SessionStream(eventTag + "-" + number + "-", config.replayBytes(), this::keeps);
        streams.put(number, stream);
        return stream;
    }

    private void dropOldestFinished() {
        streams.entrySet().stream()
                .filter(entry -> entry.getValue().isFinished())
                .map(Map.Entry::getKey)
                .min(Long::compare)
                .ifPresent(number -> discard(streams.remove(number)));
    }

    /**
     * Reserves the place of one more GET stream; false if there is none. Whoever has it must connect or resume, and does
     * so after its answer has begun: a client may open its next stream before that, on another event loop.
     */
    public boolean reserveStream() {
        synchronized (waitingConnections) {
            int taken = reservedConnections + waitingConnections.size() + (standing.isAttached() ? 1 : 0);
            if (taken >= config.streams()) {
                return false;
            }
            reservedConnections++;
            return true;
        }
    }

    /** Connects a GET stream. Only one carries messages (no broadcast); the others wait for their turn. */
    public void connect(EventStream connection, boolean prime, long retryMillis) {
        synchronized (waitingConnections) {
            reservedConnections--;
            if (standing.isAttached()) {
                waitingConnections.add(connection);
            } else {
                standing.attach(connection, prime, retryMillis);
            }
        }
    }

    /** Connects a GET stream that goes on after this event; one that carries messages ends for it. */
    public void resume(EventStream connection, long afterSequence, boolean prime, long retryMillis) {
        synchronized (waitingConnections) {
            reservedConnections--;
            standing.resume(connection, afterSequence, prime, retryMillis);
        }
    }

    /** A GET stream's connection is gone. */
    public void disconnect(EventStream connection, boolean prime, long retryMillis) {
        synchronized (waitingConnections) {
            boolean waited = waitingConnections.remove(connection);
            if (!waited && standing.detach(connection) && !waitingConnections.isEmpty()) {
                standing.attach(waitingConnections.remove(0), prime, retryMillis);
            }
        }
    }

    /** Where an event id points to, or null if it is none of this session's. */
    public @Nullable Position find(String eventId) {
        String[] parts = eventId.split("-", -1);
        if (parts.length != 3 || !parts[0].equals(eventTag)) {
            return null;
        }
        try {
            long number = Long.parseLong(parts[1]);
            SessionStream stream = number == 0 ? standing : streams.get(number);
            return stream == null ? null : new Position(stream, Long.parseLong(parts[2]));
        } catch (NumberFormatException notOurs) {
            return null;
        }
    }

    /** A place in one of a session's streams. */
    public record Position(SessionStream stream, long sequence) {}

    /** Begins to listen once; the action that begins gives the action that ends it. */
    public synchronized void listenOnce(Supplier<Runnable> begin) {
        if (endListening == null && !ended) {
            endListening = begin.get();
        }
    }

    void sweep(long nowNanos) {
        questions.forEach((number, asked) -> {
            if (nowNanos - asked.sinceNanos() > config.question().toNanos()) {
                answer(number, InputRequests.noAnswer(asked.method()));
            }
        });
        long replayNanos = config.replay().toNanos();
        streams.values().removeIf(stream -> {
            boolean isStale = stream.isStale(nowNanos, replayNanos);
            if (isStale) {
                stream.discard();
            }
            return isStale;
        });
        Runnable end = null;
        synchronized (this) {
            if (endListening != null && standing.isQuietFor(nowNanos, replayNanos)) {
                end = endListening;
                endListening = null;
            }
        }
        if (end != null) {
            end.run();
        }
    }

    // The end.

    /** Ends the streams that bring no answer; true if its one stream does and has brought all of them. */
    boolean drain() {
        if (isResumable()) {
            synchronized (waitingConnections) {
                waitingConnections.forEach(EventStream::end);
                waitingConnections.clear();
                standing.endConnection();
            }
            return false;
        }
        // A call is over a moment before its answer is on the stream.
        boolean wasQuiet = isQuiet;
        isQuiet = calls.isEmpty();
        return wasQuiet && isQuiet;
    }

    @Override
    public void onEnd(Runnable action) {
        synchronized (this) {
            if (!ended) {
                onEnd.add(action);
                return;
            }
        }
        action.run();
    }

    /** Ends everything that belongs to the session. */
    void end() {
        List<Runnable> actions;
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            actions = new ArrayList<>(onEnd);
            onEnd.clear();
            if (endListening != null) {
                actions.add(endListening);
                endListening = null;
            }
        }
        actions.forEach(Runnable::run);
        calls.values().forEach(Runnable::run);
        calls.clear();
        questions.clear();
        standing.finish();
        synchronized (waitingConnections) {
            waitingConnections.forEach(EventStream::end);
            waitingConnections.clear();
        }
        streams.values().forEach(SessionStream::finish);
        streams.clear();
        synchronized (holdLock) {
            freed = true;
            close(own);
            close(replay);
        }
    }

    private static void discard(@Nullable SessionStream stream) {
        if (stream != null) {
            stream.discard();
        }
    }

    private static void close(@Nullable Hold hold) {
        if (hold != null) {
            hold.close();
        }
    }
}
