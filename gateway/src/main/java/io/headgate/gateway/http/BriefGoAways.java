package io.headgate.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DecoratingHttp2FrameWriter;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2FrameWriter;

/** Ends connections with an error code and nothing else: Netty would send what it thought, with the state of its buffers. */
final class BriefGoAways extends DecoratingHttp2ConnectionEncoder {
    private final Http2FrameWriter frames;

    BriefGoAways(Http2ConnectionEncoder encoder) {
        super(encoder);
        frames = new DecoratingHttp2FrameWriter(encoder.frameWriter()) {
            @Override
            public ChannelFuture writeGoAway(
                    ChannelHandlerContext context,
                    int lastStreamId,
                    long errorCode,
                    ByteBuf debugData,
                    ChannelPromise promise) {
                debugData.release();
                return super.writeGoAway(context, lastStreamId, errorCode, Unpooled.EMPTY_BUFFER, promise);
            }
        };
    }

    @Override
    public Http2FrameWriter frameWriter() {
        return frames;
    }
}
