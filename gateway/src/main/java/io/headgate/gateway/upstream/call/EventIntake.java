package io.headgate.gateway.upstream.call;

import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.gateway.upstream.wire.AnswerHead;
import io.headgate.gateway.upstream.wire.SseParser;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Answers in events: what has come of them and was not asked for yet, and whether the connection is read.
 *
 * <p>A call has one for all of its answers, because a pause and the patience with bad events outlast one stream. All of it
 * belongs to the call's event loop.
 */
final class EventIntake {
    private static final int MAX_BAD_EVENTS = 10;

    /** What the connection does. */
    private enum State {
        /** The caller asks for nothing more, so the connection waits. */
        WAITING,
        /** The caller asks for more, so the connection is read. */
        READING,
        /** Too much came that no call waits for: nothing is read for a while, whatever the caller asks for. */
        PAUSED
    }

    private final HttpClient client;
    private final int limit;
    private State state = State.WAITING;
    private @Nullable SseParser parser;
    private @Nullable ByteBuf input;
    private @Nullable Deque<ByteBuf> more;
    private long moreBytes;
    private int badEvents;
    private int ignored;
    private @Nullable UpstreamFault fault;

    EventIntake(HttpClient client, int limit) {
        this.client = client;
        this.limit = limit;
    }

    /** An answer in events begins. */
    void open() {
        parser = new SseParser(limit);
    }

    /** The answer is of no interest any more. */
    void close() {
        release();
        parser = null;
    }

    boolean isOpen() {
        return parser != null;
    }

    /** The parser of the current answer, or null if that is not in events. */
    @Nullable
    SseParser parser() {
        return parser;
    }

    /** Takes the next bytes, and owns them from now on. */
    void add(ByteBuf bytes) {
        if (input == null) {
            input = bytes;
            return;
        }
        if (more == null) {
            more = new ArrayDeque<>();
        }
        more.add(bytes);
        moreBytes += bytes.capacity();
    }

    /** What it takes in memory. */
    long held() {
        SseParser current = parser;
        ByteBuf first = input;
        return (current == null ? 0 : current.held()) + moreBytes + (first == null ? 0 : first.capacity());
    }

    /** The next message, or null if more bytes are needed for that, or if there is a fault. */
    @Nullable
    Envelope next() {
        SseParser events = parser;
        try {
            while (events != null && advance(events)) {
                Envelope message = read(events);
                if (message != null || fault != null) {
                    return message;
                }
            }
        } catch (SseParser.TooLargeException tooLarge) {
            fault = UpstreamFault.SSE_LINE;
        }
        return null;
    }

    /** Of the message that was read last, in bytes. */
    int length() {
        SseParser events = parser;
        return events == null ? 0 : events.dataLength();
    }

    /** Why the events are of no use, or null. */
    @Nullable
    UpstreamFault fault() {
        return fault;
    }

    private boolean advance(SseParser events) throws SseParser.TooLargeException {
        for (ByteBuf bytes = input; bytes != null; bytes = input) {
            if (events.next(bytes)) {
                return true;
            }
            bytes.release();
            input = more == null ? null : more.poll();
            if (input != null) {
                moreBytes -= input.capacity();
            }
        }
        return false;
    }

    private @Nullable Envelope read(SseParser events) {
        int length = events.dataLength();
        try {
            byte[] data = events.takeData();
            client.mask(data, length);
            return Envelope.read(data, 0, length, JsonLimits.UPSTREAM);
        } catch (BadMessage bad) {
            if (AnswerHead.faultOf(bad) == UpstreamFault.SHAPE && bad.id() != null) {
                fault = UpstreamFault.SHAPE;
            } else if (++badEvents > MAX_BAD_EVENTS) {
                fault = UpstreamFault.BAD_EVENTS;
            } else {
                client.meters().count(UpstreamFault.BAD_EVENT);
            }
            return null;
        }
    }

    /** Counts responses that came after the first in what is held; false if that cannot be read. */
    boolean countDuplicates() {
        ByteBuf held = input;
        return held == null || countDuplicates(held);
    }

    /** Counts responses that come after the first; false if what comes cannot be read. */
    boolean countDuplicates(ByteBuf bytes) {
        SseParser events = parser;
        try {
            while (events != null && events.next(bytes)) {
                Envelope late = read(events);
                if (late != null && late.kind() == Envelope.Kind.RESPONSE) {
                    client.meters().count(UpstreamFault.DUPLICATE_RESPONSE);
                }
            }
            return true;
        } catch (SseParser.TooLargeException tooLarge) {
            return false;
        }
    }

    /** The call begins to look at what is held. */
    void turn() {
        ignored = 0;
    }

    /** A message came that no call waits for. */
    void ignore() {
        ignored++;
    }

    /** True if this turn may have been too much. */
    boolean mayPause() {
        return ignored > 0 && state != State.PAUSED;
    }

    /** Nothing is read until {@link #resume}. */
    void pause() {
        state = State.PAUSED;
    }

    /** The pause is over; true if the connection is to be read. */
    boolean resume(boolean isAsked) {
        state = State.WAITING;
        return reads(isAsked);
    }

    /** True if the connection is to be read: if the caller asks for more, and there is no pause. */
    boolean reads(boolean isAsked) {
        if (state != State.PAUSED) {
            state = isAsked ? State.READING : State.WAITING;
        }
        return state == State.READING;
    }

    void release() {
        if (input != null) {
            input.release();
            input = null;
        }
        if (more != null) {
            more.forEach(ByteBuf::release);
            more = null;
            moreBytes = 0;
        }
    }
}
