package io.headgate.gateway.http;

import io.headgate.mcp.Pieces;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Writes answers as HTTP/1.1, each head and body into one buffer. */
// What cannot be written or closed any more closes its channel, and that is noticed there.
@SuppressWarnings("FutureReturnValueIgnored")
final class Http1Wire implements Wire {
    /** How long a client may still read after the last answer before its socket is closed. */
    static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Larger buffers are written in parts, so that it shows when a client takes them. */
    private static final int PART = 64 * 1024;

    /** What Netty counts for each buffer besides its bytes. */
    private static final int ENTRY = 96;

    private static final byte[] JSON = ascii("Content-Type: application/json\r\n");
    private static final byte[] LENGTH = ascii("Content-Length: ");
    private static final byte[] EVENTS = ascii(
            "Content-Type: text/event-stream\r\nCache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n");
    private static final byte[] CHUNKED = ascii("Transfer-Encoding: chunked\r\n");
    private static final byte[] CLOSE = ascii("Connection: close\r\n");
    private static final byte[] ALLOW_ORIGIN = ascii("Access-Control-Allow-Origin: ");
    private static final byte[] EXPOSE =
            ascii("\r\nAccess-Control-Expose-Headers: mcp-session-id, www-authenticate\r\nVary: Origin\r\n");
    private static final byte[] PROCEED = ascii("HTTP/1.1 100 Continue\r\n\r\n");
    private static final byte[] LAST_CHUNK = ascii("0\r\n\r\n");
    private static final byte[][] STATUS_LINES = new byte[600][];

    /** Room for the fixed fields of any head. */
    private static final int HEAD = 512;

    static {
        for (int code : new int[] {200, 202, 204, 400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 429, 500, 503}) {
            STATUS_LINES[code] = statusLine(code);
        }
    }

    private final ChannelHandlerContext context;
    private final Connection connection;
    private long written;

    Http1Wire(ChannelHandlerContext context, Connection connection) {
        this.context = context;
        this.connection = connection;
    }

    @Override
    public void proceed() {
        write(Unpooled.wrappedBuffer(PROCEED));
        context.flush();
    }

    @Override
    public void answer(DoorCall call, int status, Pieces body, String[] fields) {
        int length = body.length();
        ByteBuf out = context.alloc().ioBuffer(headSize(call, fields) + length);
        head(out, call, status, fields);
        if (length > 0) {
            out.writeBytes(JSON);
        }
        if (status != 204) {
            out.writeBytes(LENGTH);
            ByteBufUtil.writeAscii(out, Integer.toString(length));
            lineEnd(out);
        }
        lineEnd(out);
        body.forEach((array, offset, size) -> out.writeBytes(array, offset, size));
        writeInParts(out);
    }

    @Override
    public void begin(DoorCall call, String[] fields) {
        // Without chunks only the end of the connection can end the stream.
        if (call.isHttp10()) {
            call.closeAfterwards();
        }
        ByteBuf out = context.alloc().ioBuffer(headSize(call, fields) + 16);
        head(out, call, 200, fields);
        out.writeBytes(EVENTS);
        if (!call.isHttp10()) {
            out.writeBytes(CHUNKED);
        }
        lineEnd(out);
        chunk(out, call, EventFrames.COMMENT.length);
        out.writeBytes(EventFrames.COMMENT);
        send(call, out);
    }

    @Override
    public ByteBuf frame(DoorCall call, int size) {
        ByteBuf out = context.alloc().ioBuffer(size + 12);
        chunk(out, call, size);
        return out;
    }

    @Override
    public void send(DoorCall call, ByteBuf frame) {
        if (!call.isHttp10()) {
            lineEnd(frame);
        }
        writeInParts(frame);
    }

    @Override
    public void end(DoorCall call) {
        if (!call.isHttp10()) {
            write(Unpooled.wrappedBuffer(LAST_CHUNK));
            context.flush();
        }
    }

    /** The client must see the end before the socket dies, or what it has not read yet dies with it. */
    @Override
    public void closeAfterwards() {
        context.channel().config().setAutoRead(true);
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> {
            SslHandler tls = context.pipeline().get(SslHandler.class);
            if (!flushed.isSuccess()) {
                context.close();
            } else if (tls != null) {
                tls.closeOutbound();
            } else if (context.channel() instanceof DuplexChannel socket) {
                socket.shutdownOutput();
            } else {
                context.close();
            }
        });
    }

    @Override
    public boolean probe(DoorCall call) {
        if (call.isHttp10() || connection.isSecure()) {
            return false;
        }
        DoorStream stream = call.openStream();
        if (stream != null) {
            stream.comment();
        } else {
            proceed();
        }
        return true;
    }

    @Override
    public long held() {
        ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    @Override
    public long written() {
        return written;
    }

    @Override
    public boolean seesEveryRead() {
        return false;
    }

    private void writeInParts(ByteBuf out) {
        while (out.readableBytes() > PART) {
            write(out.readRetainedSlice(PART));
        }
        write(out);
        context.flush();
    }

    private void write(ByteBuf out) {
        written += out.readableBytes() + ENTRY;
        context.write(out, context.voidPromise());
    }

    private static int headSize(DoorCall call, String[] fields) {
        int size = HEAD;
        for (String each : fields) {
            size += each.length() + 2;
        }
        String origin = call.origin();
        return origin == null ? size : size + origin.length();
    }

    private static void head(ByteBuf out, DoorCall call, int status, String[] fields) {
        byte[] line = STATUS_LINES[status];
        out.writeBytes(line != null ? line : statusLine(status));
        for (int i = 0; i + 1 < fields.length; i += 2) {
            text(out, fields[i]);
            out.writeByte(':').writeByte(' ');
            text(out, fields[i + 1]);
            lineEnd(out);
        }
        String origin = call.origin();
        if (origin != null) {
            out.writeBytes(ALLOW_ORIGIN);
            text(out, origin);
            out.writeBytes(EXPOSE);
        }
        if (call.closes()) {
            out.writeBytes(CLOSE);
        }
    }

    private static void chunk(ByteBuf out, DoorCall call, int size) {
        if (!call.isHttp10()) {
            ByteBufUtil.writeAscii(out, Integer.toHexString(size));
            lineEnd(out);
        }
    }

    /** No value may begin a new line, wherever it comes from. */
    private static void text(ByteBuf out, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.writeByte(c < ' ' || c > '~' ? ' ' : c);
        }
    }

    private static void lineEnd(ByteBuf out) {
        out.writeByte('\r').writeByte('\n');
    }

    private static byte[] statusLine(int code) {
        return ascii("HTTP/1.1 " + code + " " + HttpResponseStatus.valueOf(code).reasonPhrase() + "\r\n");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
