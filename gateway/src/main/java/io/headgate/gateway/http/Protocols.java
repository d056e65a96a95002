package io.headgate.gateway.http;

import io.headgate.gateway.telemetry.Fatal;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.util.ReferenceCountUtil;

/** Makes a connection speak one of the two protocols. */
final class Protocols {
    private Protocols() {}

    static RequestHandler http1(Connection connection) {
        Channel channel = connection.channel;
        long openedAt = connection.openedAt();
        connection.becameHttp1();
        // With TLS the end of the input is an end; without, a client may send it and still read.
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, !connection.isSecure());
        Http1Decoder decoder = new Http1Decoder(connection.door.limits, connection.clock, openedAt);
        RequestHandler handler = new RequestHandler(connection, decoder);
        channel.pipeline().addLast(decoder, handler);
        return handler;
    }

    static void http2(Connection connection) {
        Http2FrameCodec codec = Http2Codec.of(connection);
        connection.becameHttp2(codec);
        ChannelPipeline pipeline = connection.channel.pipeline();
        pipeline.addLast(codec, new Http2MultiplexHandler(new Streams(connection)), new Rest());
    }

    static WriteBufferWaterMark waterMark(DoorLimits limits) {
        return new WriteBufferWaterMark(limits.streamBufferBytes() / 2, limits.streamBufferBytes());
    }

    /** Makes each stream take requests. */
    private static final class Streams extends ChannelInitializer<Channel> {
        private final Connection connection;

        Streams(Connection connection) {
            this.connection = connection;
        }

        @Override
        protected void initChannel(Channel stream) {
            stream.config().setWriteBufferWaterMark(waterMark(connection.door.limits));
            stream.pipeline().addLast(new Http2Requests(), new RequestHandler(connection, null));
        }

        @Override
        public boolean isSharable() {
            return true;
        }
    }

    /** Takes what concerns no stream; the codec has acted on it already. */
    private static final class Rest extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            Fatal.check(cause);
            // The codec says goodbye for its own errors; a broken socket closes itself.
        }
    }
}
