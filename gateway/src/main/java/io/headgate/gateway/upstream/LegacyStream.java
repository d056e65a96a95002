package io.headgate.gateway.upstream;

import io.headgate.gateway.upstream.OutgoingRequest.Method;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The GET stream of a session: what the server sends outside of any call, taken up again whenever it ends. */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
final class LegacyStream extends RoundTrip {
    private static final long MIN_MILLIS = 1_000;
    private static final long MAX_MILLIS = 60_000;
    private static final int MAX_DOUBLINGS = 5;

    private final LegacySession session;
    private final UpstreamMeters meters;
    private final Sinks.Empty<Void> settled = Sinks.empty();
    private SseParser events;
    private @Nullable String lastEventId;
    private long retryMillis = -1;
    private int failures;
    private boolean connectedBefore;
    private boolean streaming;
    private boolean scheduled;
    private volatile boolean refused;
    private volatile boolean stopped;

    LegacyStream(HttpClient client, LegacySession session) {
        super(client.pool());
        this.session = session;
        this.meters = client.meters;
        this.events = new SseParser(client.limits.messageBytes());
    }

    /** Ends when the server has answered the first time, whatever it said. */
    Mono<Void> settled() {
        return settled.asMono();
    }

    /** True if the server has no such stream. */
    boolean isRefused() {
        return refused;
    }

    void run() {
        pool.loop.execute(this::connect);
    }

    void stop() {
        stopped = true;
        if (!pool.loop.isShuttingDown()) {
            pool.loop.execute(this::abort);
        }
    }

    @Override
    boolean isStanding() {
        return true;
    }

    private void connect() {
        if (stopped) {
            return;
        }
        scheduled = false;
        streaming = false;
        events = new SseParser(pool.client.limits.messageBytes());
        OutgoingRequest request = session.address(new OutgoingRequest(Method.GET, null));
        String from = lastEventId;
        if (from != null) {
            request.with("last-event-id", HeaderText.bytesAsChars(from));
        }
        submit(request);
    }

    @Override
    void onHead(int status, HttpHeaders headers) {
        String type = headers.get(HttpHeaderNames.CONTENT_TYPE);
        boolean isStream = type != null && type.regionMatches(true, 0, "text/event-stream", 0, 17);
        if (status == 200 && isStream && !headers.contains(HttpHeaderNames.CONTENT_ENCODING)) {
            failures = 0;
            if (connectedBefore && lastEventId == null) {
                session.gap();
            }
            connectedBefore = true;
            streaming = true;
            settle();
            return;
        }
        linger();
        if (status >= 500 || status == 429 || status == 401 || status == 403 || status == 409) {
            retry();
        } else {
            // 405 is how a server says that it has no stream; 404 that it no longer has the session.
            refused = true;
        }
        settle();
    }

    private void settle() {
        // Only the first time counts; later ones are refused by the sink.
        Sinks.EmitResult unused = settled.tryEmitEmpty();
    }

    @Override
    void onBody(ByteBuf bytes) {
        try {
            while (streaming && events.next(bytes)) {
                int length = events.dataLength();
                deliver(events.takeData(), length);
            }
        } catch (SseParser.TooLargeException tooLarge) {
            meters.count(Fault.SSE_LINE);
            streaming = false;
            abort();
            retry();
        }
    }

    private void deliver(byte[] data, int length) {
        try {
            session.deliver(Envelope.read(data, 0, length, JsonLimits.UPSTREAM));
        } catch (BadMessage bad) {
            meters.count(Fault.BAD_EVENT);
        }
    }

    @Override
    void onEnd() {
        if (streaming) {
            retry();
        }
    }

    @Override
    void onFault(Fault fault) {
        settle();
        if (!refused) {
            retry();
        }
    }

    private void retry() {
        if (stopped || scheduled) {
            return;
        }
        scheduled = true;
        if (events.lastId() != null) {
            lastEventId = events.lastId();
        }
        if (events.retryMillis() >= 0) {
            retryMillis = events.retryMillis();
        }
        long most = Math.min(MAX_MILLIS, (2 * MIN_MILLIS) << Math.min(failures++, MAX_DOUBLINGS));
        long jitter = ThreadLocalRandom.current().nextLong(MIN_MILLIS, most + 1);
        // A server that closes streams to be polled says how soon it wants to see us.
        long millis = failures == 1 && retryMillis >= 0 ? Math.max(retryMillis, 100) : jitter;
        pool.loop.schedule(this::connect, millis, TimeUnit.MILLISECONDS);
    }
}
