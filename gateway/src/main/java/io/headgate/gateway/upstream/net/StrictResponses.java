package io.headgate.gateway.upstream.net;

import io.headgate.gateway.wire.HeadLines;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Reads the answers of a server as strictly as the door reads requests: a folded header line is a broken answer, and so is
 * white space before the first line.
 */
final class StrictResponses extends HttpResponseDecoder {
    private static final DecoderResult LOOSE =
            DecoderResult.failure(new IllegalArgumentException("a head that is not written as it should be"));

    private boolean begun;
    private boolean inBody;
    private boolean broken;

    StrictResponses(HttpDecoderConfig config) {
        super(config);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf buffer, List<Object> out) throws Exception {
        if (broken) {
            buffer.skipBytes(buffer.readableBytes());
            return;
        }
        if (!inBody) {
            if (!begun && !HeadLines.skipLineBreaks(buffer)) {
                return;
            }
            if (HeadLines.isFolded(buffer, begun) || (!begun && HeadLines.beginsLoosely(buffer))) {
                broken = true;
                buffer.skipBytes(buffer.readableBytes());
                HttpResponse loose = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.BAD_GATEWAY);
                loose.setDecoderResult(LOOSE);
                out.add(loose);
                return;
            }
            begun = true;
        }
        int from = out.size();
        super.decode(ctx, buffer, out);
        for (int i = from; i < out.size(); i++) {
            if (out.get(i) instanceof HttpResponse) {
                inBody = true;
            }
            if (out.get(i) instanceof LastHttpContent) {
                inBody = false;
                begun = false;
            }
        }
    }
}
