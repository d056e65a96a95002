package io.headgate.gateway.http;

import io.headgate.mcp.Pieces;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes answers as frames of one HTTP/2 stream. */
// What cannot be written or closed any more closes its channel, and that is noticed there.
@SuppressWarnings("FutureReturnValueIgnored")
final class Http2Wire implements Wire {
    private static final int PART = 64 * 1024;
    private static final AsciiString JSON = AsciiString.cached("application/json");
    private static final AsciiString EVENTS = AsciiString.cached("text/event-stream");
    private static final AsciiString CACHE = AsciiString.cached("no-store, no-transform");
    private static final AsciiString ACCEL = AsciiString.cached("x-accel-buffering");
    private static final AsciiString NO = AsciiString.cached("no");
    private static final AsciiString EXPOSED = AsciiString.cached("mcp-session-id, www-authenticate");

    private final ChannelHandlerContext context;
    private final ChannelFutureListener taken = this::taken;
    private long written;
    private long held;
    private @Nullable ChannelFuture last;

    Http2Wire(ChannelHandlerContext context) {
        this.context = context;
    }

    @Override
    public void proceed() {
        context.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers(false).status("100"), false));
    }

    @Override
    public void answer(DoorCall call, int status, Pieces body, String[] fields) {
        Http2Headers head = head(call, status, fields);
        int length = body.length();
        if (length > 0) {
            head.set(HttpHeaderNames.CONTENT_TYPE, JSON);
        }
        if (status != 204) {
            head.setInt(HttpHeaderNames.CONTENT_LENGTH, length);
        }
        last = context.write(new DefaultHttp2HeadersFrame(head, length == 0));
        if (length > 0) {
            ByteBuf out = context.alloc().ioBuffer(length);
            body.forEach((array, offset, size) -> out.writeBytes(array, offset, size));
            writeInParts(out, /* end= */ true);
        }
        context.flush();
    }

    @Override
    public void begin(DoorCall call, String[] fields) {
        Http2Headers head = head(call, 200, fields);
        head.set(HttpHeaderNames.CONTENT_TYPE, EVENTS);
        head.set(HttpHeaderNames.CACHE_CONTROL, CACHE);
        head.set(ACCEL, NO);
        last = context.write(new DefaultHttp2HeadersFrame(head, false));
        ByteBuf comment = frame(call, EventFrames.COMMENT.length);
        comment.writeBytes(EventFrames.COMMENT);
        send(call, comment);
    }

    @Override
    public ByteBuf frame(DoorCall call, int size) {
        return context.alloc().ioBuffer(size);
    }

    @Override
    public void send(DoorCall call, ByteBuf frame) {
        writeInParts(frame, /* end= */ false);
        context.flush();
    }

    @Override
    public void end(DoorCall call) {
        last = context.writeAndFlush(new DefaultHttp2DataFrame(true));
    }

    /** A stream whose request is not whole would stay open. */
    @Override
    public void closeAfterwards() {
        ChannelFuture before = last;
        if (before != null) {
            before.addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public boolean probe(DoorCall call) {
        return false;
    }

    @Override
    public long held() {
        return held;
    }

    @Override
    public long written() {
        return written;
    }

    @Override
    public boolean seesEveryRead() {
        return true;
    }

    private void writeInParts(ByteBuf out, boolean end) {
        while (out.readableBytes() > PART) {
            write(out.readRetainedSlice(PART), false);
        }
        write(out, end);
    }

    private void write(ByteBuf part, boolean end) {
        int size = part.readableBytes();
        written += size;
        held += size;
        ChannelFuture future = context.write(new DefaultHttp2DataFrame(part, end));
        last = future;
        if (size == PART) {
            future.addListener(taken);
        } else {
            future.addListener(done -> held -= size);
        }
    }

    private void taken(ChannelFuture ignored) {
        held -= PART;
    }

    private static Http2Headers head(DoorCall call, int status, String[] fields) {
        Http2Headers head = new DefaultHttp2Headers(/* validate= */ false, 8);
        head.status(Integer.toString(status));
        for (int i = 0; i + 1 < fields.length; i += 2) {
            head.add(fields[i].toLowerCase(Locale.ROOT), printable(fields[i + 1]));
        }
        String origin = call.origin();
        if (origin != null) {
            head.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            head.set(HttpHeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            head.add(HttpHeaderNames.VARY, HttpHeaderNames.ORIGIN);
        }
        return head;
    }

    private static String printable(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < ' ' || value.charAt(i) > '~') {
                return value.codePoints()
                        .map(c -> c < ' ' || c > '~' ? ' ' : c)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
            }
        }
        return value;
    }
}
