package io.headgate.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Reads HTTP/1.1 strictly: it also refuses folded header lines, which Netty would join, and knows since when a head is
 * on its way.
 */
final class Http1Decoder extends HttpRequestDecoder {
    private final LoopClock clock;
    private boolean inBody;
    private boolean headBegun;
    private boolean first;
    private boolean stopped;
    private long headSince;

    /** The time of the first head begins with the connection. */
    Http1Decoder(DoorLimits limits, LoopClock clock, long openedAt) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.requestLine())
                .setMaxHeaderSize(limits.headerBytes())
                .setMaxChunkSize(64 * 1024)
                .setInitialBufferSize(512));
        this.clock = clock;
        headSince = openedAt;
        first = true;
    }

    /** Whether some of a request head has come. */
    boolean isInHead() {
        return headBegun && !inBody && !stopped;
    }

    long headSince() {
        return headSince;
    }

    /** Throws away all that still comes. */
    void stop() {
        stopped = true;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf buffer, List<Object> out) throws Exception {
        if (stopped) {
            buffer.skipBytes(buffer.readableBytes());
            return;
        }
        if (!inBody) {
            if (isFolded(buffer)) {
                stopped = true;
                buffer.skipBytes(buffer.readableBytes());
                HttpRequest folded = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
                folded.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("folded header line")));
                out.add(folded);
                return;
            }
            byte b = buffer.getByte(buffer.readerIndex());
            // Some clients end a body with a line break that belongs to nothing.
            if (!headBegun && b != '\r' && b != '\n') {
                headBegun = true;
                headSince = first ? headSince : clock.now();
                first = false;
            }
        }
        int from = out.size();
        super.decode(ctx, buffer, out);
        for (int i = from; i < out.size(); i++) {
            note((HttpObject) out.get(i));
        }
    }

    /** The end of the input is no message: who sent half a request is owed no answer. */
    @Override
    protected void decodeLast(ChannelHandlerContext ctx, ByteBuf buffer, List<Object> out) throws Exception {
        if (buffer.isReadable()) {
            decode(ctx, buffer, out);
        }
    }

    private void note(HttpObject object) {
        if (object.decoderResult().isFailure()) {
            stopped = true;
        } else if (object instanceof HttpRequest) {
            inBody = true;
        }
        if (object instanceof LastHttpContent) {
            inBody = false;
            headBegun = false;
        }
    }

    /** Whole lines are consumed at once, so what is readable begins with a line of the head. */
    private boolean isFolded(ByteBuf buffer) {
        int start = buffer.readerIndex();
        int end = buffer.writerIndex();
        if (headBegun && isBlank(buffer.getByte(start))) {
            return true;
        }
        int feed = buffer.indexOf(start, end, (byte) '\n');
        int lineStart = start;
        while (feed >= 0 && feed + 1 < end) {
            boolean empty = feed == lineStart || (feed == lineStart + 1 && buffer.getByte(lineStart) == '\r');
            if (empty && (headBegun || lineStart != start)) {
                return false;
            }
            lineStart = feed + 1;
            if (isBlank(buffer.getByte(lineStart))) {
                return true;
            }
            feed = buffer.indexOf(lineStart, end, (byte) '\n');
        }
        return false;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }
}
