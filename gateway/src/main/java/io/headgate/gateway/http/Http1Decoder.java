package io.headgate.gateway.http;

import io.headgate.gateway.wire.HeadLines;
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
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads HTTP/1.1 strictly: it also refuses folded header lines, which Netty would join, and request lines with other
 * space than one between two words, and knows since when a head is on its way.
 */
final class Http1Decoder extends HttpRequestDecoder {
    private static final DecoderResult LOOSE =
            DecoderResult.failure(new IllegalArgumentException("a head that is not written as it should be"));
    private static final DecoderResult TOO_LONG =
            DecoderResult.failure(new TooLongHttpLineException("a request line beyond the limit"));

    private final int longestLine;
    private final LoopClock clock;
    private boolean inBody;
    private boolean headBegun;
    private boolean lineSeen;
    private boolean first;
    private boolean stopped;
    private long headSince;

    /** The time of the first head begins with the connection. */
    Http1Decoder(DoorLimits limits, LoopClock clock, long openedAt) {
        super(new HttpDecoderConfig()
                // The line is measured here: Netty takes a line that is cut before its end for a longer one.
                .setMaxInitialLineLength(limits.requestLine() + 2)
                .setMaxHeaderSize(limits.headerBytes())
                .setMaxChunkSize(64 * 1024)
                .setInitialBufferSize(512));
        longestLine = limits.requestLine();
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
            if (!headBegun && !HeadLines.skipLineBreaks(buffer)) {
                return;
            }
            DecoderResult fault = faultOf(buffer);
            if (fault != null) {
                stopped = true;
                buffer.skipBytes(buffer.readableBytes());
                HttpRequest faulty = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
                faulty.setDecoderResult(fault);
                out.add(faulty);
                return;
            }
            if (!headBegun) {
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

    /** The first thing that is wrong with what has come of a head, and that Netty would let pass; the same in any portions. */
    private @Nullable DecoderResult faultOf(ByteBuf buffer) {
        if (!headBegun && HeadLines.beginsLoosely(buffer)) {
            return LOOSE;
        }
        DecoderResult ofLine = lineSeen ? null : faultOfLine(buffer);
        return ofLine == null && HeadLines.isFolded(buffer, headBegun) ? LOOSE : ofLine;
    }

    private @Nullable DecoderResult faultOfLine(ByteBuf buffer) {
        int start = HeadLines.startOfFirstLine(buffer);
        if (start < 0) {
            return null;
        }
        int end = HeadLines.endOfFirstLine(buffer);
        lineSeen = end >= 0;
        if (!lineSeen) {
            // The last byte may be the first of its line break.
            return buffer.writerIndex() - start > longestLine + 1 ? TOO_LONG : null;
        }
        int length = end - start - (end > start && buffer.getByte(end - 1) == '\r' ? 1 : 0);
        if (length > longestLine) {
            return TOO_LONG;
        }
        return HeadLines.isThreeWords(buffer, end) ? null : LOOSE;
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
            lineSeen = false;
        }
    }
}
