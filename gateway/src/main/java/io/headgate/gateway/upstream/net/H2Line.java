package io.headgate.gateway.upstream.net;

import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.mcp.Pieces;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;

/** One stream of an HTTP/2 connection: one request and its answer. */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
final class H2Line extends Line {
    H2Line(LoopPool pool, Channel channel) {
        super(pool, channel);
    }

    void send(OutgoingRequest request) {
        ByteBuf content = Unpooled.EMPTY_BUFFER;
        Pieces body = request.body();
        if (body != null) {
            content = channel.alloc().ioBuffer(body.length());
            body.forEach(content::writeBytes);
        }
        String path =
                request.path() != null ? request.path() : pool.client.heads().path();
        DefaultFullHttpRequest message = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.valueOf(request.method().name()), path, content);
        pool.client.heads().fixedFields(request.method()).forEach(message.headers()::add);
        for (int i = 0; i < request.fields().size(); i += 2) {
            message.headers().add(request.fields().get(i), request.fields().get(i + 1));
        }
        if (body != null) {
            message.headers().add("content-length", body.length());
        }
        channel.writeAndFlush(message).addListener(written -> {
            if (!written.isSuccess()) {
                fail(isRefused(written.cause()) ? UpstreamFault.H2_REFUSED : UpstreamFault.RESET);
            }
        });
    }

    @Override
    void done(boolean reusable) {
        // The stream closes itself when both sides have ended.
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof Http2ResetFrame reset) {
            // Only this code says that nothing was done (RFC 9113, section 8.7).
            fail(
                    reset.errorCode() == Http2Error.REFUSED_STREAM.code()
                            ? UpstreamFault.H2_REFUSED
                            : UpstreamFault.RESET);
        }
        ReferenceCountUtil.release(event);
    }

    /** True if the stream was never opened: the peer allows no more, or is about to go. */
    private static boolean isRefused(Throwable cause) {
        return cause instanceof Http2Exception refused && refused.error() == Http2Error.REFUSED_STREAM;
    }
}
