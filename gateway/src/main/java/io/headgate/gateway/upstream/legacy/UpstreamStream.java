package io.headgate.gateway.upstream.legacy;

import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.net.RoundTrip;
import io.headgate.gateway.upstream.wire.AnswerHead;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.SseParser;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** The event stream that a session opens with a GET; what its end means is left to the transports. */
abstract class UpstreamStream extends RoundTrip {
    final UpstreamSession session;
    final UpstreamMeters meters;
    private SseParser events;
    private boolean streaming;
    private boolean isPaused;
    private volatile boolean stopped;
    private @Nullable Hold hold;

    UpstreamStream(UpstreamSession session) {
        super(session.back.client);
        this.session = session;
        this.meters = session.back.client.meters();
        this.events = parser();
    }

    /** Reads one stream. */
    abstract SseParser parser();

    abstract OutgoingRequest request();

    /** The server has begun the stream. */
    abstract void begins();

    /** The server has answered something else. */
    abstract void refused(int status, HttpHeaders headers);

    /** It has ended, or never began. */
    abstract void ends(UpstreamFault fault);

    /** True if the server has no such stream. */
    boolean isRefused() {
        return false;
    }

    final void run() {
        move(this::connect);
    }

    void stop() {
        stopped = true;
        move(() -> {
            abort();
            account(0);
        });
    }

    final boolean isStopped() {
        return stopped;
    }

    final SseParser events() {
        return events;
    }

    final void connect() {
        if (!stopped) {
            streaming = false;
            events = parser();
            submit(request());
        }
    }

    @Override
    protected final boolean isStanding() {
        return true;
    }

    @Override
    protected final void onHead(int status, HttpHeaders headers) {
        boolean isStream =
                status == 200 && AnswerHead.isType(headers.get(HttpHeaderNames.CONTENT_TYPE), "text/event-stream");
        if (isStream && !headers.contains(HttpHeaderNames.CONTENT_ENCODING)) {
            streaming = true;
            begins();
        } else {
            linger();
            refused(status, headers);
        }
    }

    @Override
    protected final void onBody(ByteBuf bytes) {
        long begun = System.nanoTime();
        boolean isAwaited = false;
        try {
            while (streaming && events.next(bytes)) {
                int length = events.dataLength();
                isAwaited |= take(events.takeData(), length);
            }
        } catch (SseParser.TooLargeException tooLarge) {
            cut(UpstreamFault.SSE_LINE);
        }
        account(streaming ? events.held() : 0);
        // Answers of calls may come here too, and wait for each other.
        if (streaming && !isAwaited && !isPaused) {
            isPaused = pauseIfTooMuch(begun, this::goOn);
        }
    }

    private void goOn() {
        isPaused = false;
        reading(true);
    }

    /** An event of many parts is held until it is whole. */
    private void account(int held) {
        Hold current = hold;
        if (current == null && held >= MemoryBudget.LEAST) {
            current = meters.hold(Held.RESULT, null, () -> moveLater(this::mustGo));
            hold = current;
        }
        if (current != null && held == 0) {
            hold = null;
            current.close();
        } else if (current != null) {
            current.set(held);
        }
    }

    private void mustGo() {
        if (hold != null) {
            cut(UpstreamFault.MEMORY);
        }
    }

    /** Takes an event; true if a call waits for it. */
    boolean take(byte[] data, int length) {
        client().mask(data, length);
        try {
            return session.take(Envelope.read(data, 0, length, JsonLimits.UPSTREAM), length);
        } catch (BadMessage bad) {
            meters.count(UpstreamFault.BAD_EVENT);
            return false;
        }
    }

    final void cut(UpstreamFault fault) {
        streaming = false;
        events = parser();
        account(0);
        abort();
        ends(fault);
    }

    @Override
    protected final void onEnd() {
        account(0);
        if (streaming) {
            streaming = false;
            ends(UpstreamFault.SSE_NO_RESPONSE);
        }
    }

    @Override
    protected final void onFault(UpstreamFault fault) {
        streaming = false;
        account(0);
        ends(fault);
    }
}
