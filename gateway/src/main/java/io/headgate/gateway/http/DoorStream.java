package io.headgate.gateway.http;

import io.headgate.gateway.session.EventStream;
import io.headgate.mcp.Pieces;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** The event stream of one call, written on the event loop of its connection. */
final class DoorStream implements EventStream {
    private final DoorCall call;
    private final RequestHandler handler;
    private @Nullable Runnable writable;
    private boolean ended;

    DoorStream(DoorCall call, RequestHandler handler) {
        this.call = call;
        this.handler = handler;
    }

    @Override
    public void message(@Nullable String id, Pieces data) {
        if (!handler.inLoop()) {
            handler.execute(() -> message(id, data));
        } else if (mayWrite()) {
            ByteBuf frame = handler.wire().frame(call, EventFrames.messageSize(id, data));
            EventFrames.message(frame, id, data);
            send(frame);
        }
    }

    @Override
    public void event(String name, Pieces data) {
        if (!handler.inLoop()) {
            handler.execute(() -> event(name, data));
        } else if (mayWrite()) {
            ByteBuf frame = handler.wire().frame(call, EventFrames.eventSize(name, data));
            EventFrames.event(frame, name, data);
            send(frame);
        }
    }

    @Override
    public void prime(String id, long retryMillis) {
        if (!handler.inLoop()) {
            handler.execute(() -> prime(id, retryMillis));
        } else if (mayWrite()) {
            String retry = Long.toString(retryMillis);
            ByteBuf frame = handler.wire().frame(call, EventFrames.primeSize(id, retry));
            EventFrames.prime(frame, id, retry);
            send(frame);
        }
    }

    @Override
    public boolean isWritable() {
        return handler.isWritable();
    }

    @Override
    public void onWritable(Runnable action) {
        if (handler.inLoop()) {
            writable = action;
        } else {
            handler.execute(() -> onWritable(action));
        }
    }

    @Override
    public void end() {
        if (!handler.inLoop()) {
            handler.execute(this::end);
        } else if (!ended) {
            ended = true;
            if (call.isOpen()) {
                if (handler.door().draining) {
                    handler.door().meters.streamClosed("drain");
                }
                handler.wire().end(call);
                handler.answered(call);
            }
        }
    }

    /** Tells the client, and everything between, that the stream lives. */
    void comment() {
        if (!ended) {
            ByteBuf frame = handler.wire().frame(call, EventFrames.COMMENT.length);
            frame.writeBytes(EventFrames.COMMENT);
            send(frame);
        }
    }

    void becameWritable() {
        Runnable action = writable;
        if (action != null && !ended) {
            action.run();
        }
    }

    private boolean mayWrite() {
        if (ended || !call.isOpen()) {
            return false;
        }
        if (handler.isFlooded()) {
            handler.cutStream("slow_consumer");
            return false;
        }
        return true;
    }

    private void send(ByteBuf frame) {
        int size = frame.readableBytes();
        handler.wire().send(call, frame);
        call.wrote();
        handler.wrote(size);
    }
}
