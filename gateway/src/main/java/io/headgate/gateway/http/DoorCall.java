package io.headgate.gateway.http;

import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHeaders;
import io.headgate.gateway.dialect.HttpCall;
import io.headgate.gateway.session.EventStream;
import io.headgate.mcp.Pieces;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** One request, from its head to the end of its answer; it is its own set of header fields. */
final class DoorCall extends RequestBody implements HttpCall, RequestHeaders {
    private enum Phase {
        WAITING,
        STREAMING,
        DONE,
        /** The client went away before it was done. */
        GONE
    }

    private @Nullable HttpRequest request;
    private @Nullable RequestTarget target;
    private @Nullable String origin;
    private boolean closes;
    private boolean http10;
    private boolean expectsProceed;
    private boolean preflight;
    private @Nullable String cutOff;

    /** Why it is not let through, if it is not. */
    @Nullable
    Rejection rejection;

    /** Why its head alone was enough to refuse it, if it was. */
    @Nullable
    Refusal refusal;

    private Phase phase = Phase.WAITING;
    private long lastWrite;
    private @Nullable DoorStream stream;
    private @Nullable Runnable disconnected;
    private @Nullable Runnable quiet;

    DoorCall(RequestHandler handler) {
        super(handler);
    }

    void head(HttpRequest head, boolean closesAfterwards, boolean isHttp10, boolean expects) {
        request = head;
        closes |= closesAfterwards;
        http10 = isHttp10;
        expectsProceed = expects;
    }

    void target(RequestTarget parsed) {
        target = parsed;
    }

    void origin(@Nullable String allowed) {
        origin = allowed;
    }

    /** The origin that the answer must name, if any. */
    @Nullable
    String origin() {
        return origin;
    }

    void preflight() {
        preflight = true;
    }

    boolean isPreflight() {
        return preflight;
    }

    void closeAfterwards() {
        closes = true;
    }

    boolean closes() {
        return closes;
    }

    boolean isHttp10() {
        return http10;
    }

    boolean expectsProceed() {
        return expectsProceed;
    }

    @Override
    boolean isRefused() {
        return rejection != null || refusal != null;
    }

    /** It is the turn of this call. */
    void begin(long now) {
        lastWrite = now;
    }

    /** Whether something can still be written for it. */
    boolean isOpen() {
        return phase == Phase.WAITING || phase == Phase.STREAMING;
    }

    void wrote() {
        lastWrite = handler.now();
    }

    void finished() {
        phase = phase == Phase.GONE ? Phase.GONE : Phase.DONE;
        disconnected = null;
        quiet = null;
        leaveBody();
        if (stream != null) {
            handler.door().meters.eventStreams.decrementAndGet();
        }
    }

    void disconnect() {
        if (isOpen()) {
            Runnable action = disconnected;
            finished();
            phase = Phase.GONE;
            if (action != null) {
                action.run();
            }
        }
    }

    void tick(long now, long keepAliveNanos, boolean nothingHeld) {
        if (now - lastWrite < keepAliveNanos) {
            return;
        }
        DoorStream open = stream;
        if (open != null) {
            if (nothingHeld) {
                open.comment();
            }
        } else {
            Runnable action = quiet;
            quiet = null;
            if (action != null) {
                action.run();
            }
        }
    }

    @Nullable
    DoorStream openStream() {
        return stream;
    }

    @Override
    public String method() {
        return Objects.requireNonNull(request).method().name();
    }

    @Override
    public Endpoint endpoint() {
        return Objects.requireNonNull(target).endpoint();
    }

    @Override
    public String server() {
        return Objects.requireNonNull(target).server();
    }

    @Override
    public String query() {
        return Objects.requireNonNull(target).query();
    }

    @Override
    public RequestHeaders headers() {
        return this;
    }

    @Override
    public List<String> headers(String name) {
        return fields().getAll(name);
    }

    @Override
    public List<String> all(String name) {
        return fields().getAll(name);
    }

    @Override
    public @Nullable String get(String name) {
        return fields().get(name);
    }

    @Override
    public void forEach(BiConsumer<String, String> visitor) {
        Iterator<Map.Entry<String, String>> fields = fields().iteratorAsString();
        while (fields.hasNext()) {
            Map.Entry<String, String> field = fields.next();
            visitor.accept(field.getKey(), field.getValue());
        }
    }

    @Override
    public @Nullable String cutOff() {
        return cutOff;
    }

    /** Notes why its client is cut off, for whoever accounts for the call. */
    void cutOff(String reason) {
        cutOff = reason;
    }

    @Override
    public @Nullable InetAddress peer() {
        InetSocketAddress remote = handler.remote();
        return remote == null ? null : remote.getAddress();
    }

    private HttpHeaders fields() {
        return Objects.requireNonNull(request).headers();
    }

    @Override
    public byte[] body() {
        return bytes();
    }

    @Override
    public void holdBody(BodyHolder holder) {
        keepBody(holder);
    }

    @Override
    public void releaseBody(BodyHolder holder) {
        letBodyGo(holder);
    }

    @Override
    public void answer(int status, Pieces json, String... fields) {
        if (!handler.inLoop()) {
            handler.execute(() -> answer(status, json, fields));
        } else if (phase == Phase.WAITING) {
            handler.prepareAnswer(this);
            handler.wire().answer(this, status, json, fields);
            handler.wrote(json.length());
            handler.answered(this);
        }
    }

    @Override
    public EventStream stream(String... fields) {
        DoorStream opened = new DoorStream(this, handler);
        if (handler.inLoop()) {
            open(opened, fields);
        } else {
            handler.execute(() -> open(opened, fields));
        }
        return opened;
    }

    private void open(DoorStream opened, String[] fields) {
        if (phase == Phase.WAITING) {
            phase = Phase.STREAMING;
            quiet = null;
            stream = opened;
            handler.door().meters.eventStreams.incrementAndGet();
            // Nothing was written since the request was whole.
            handler.door().meters.firstByte.record(handler.now() - lastWrite, TimeUnit.NANOSECONDS);
            handler.prepareAnswer(this);
            handler.wire().begin(this, fields);
            wrote();
        }
    }

    @Override
    public void onDisconnect(Runnable action) {
        if (!handler.inLoop()) {
            handler.execute(() -> onDisconnect(action));
        } else if (phase == Phase.GONE) {
            action.run();
        } else if (isOpen()) {
            disconnected = action;
        }
    }

    @Override
    public void onQuiet(Runnable action) {
        if (!handler.inLoop()) {
            handler.execute(() -> onQuiet(action));
        } else if (phase == Phase.WAITING) {
            quiet = action;
        }
    }

    @Override
    public boolean isOnLoop() {
        return handler.inLoop();
    }

    @Override
    public void execute(Runnable task) {
        handler.execute(task);
    }
}
