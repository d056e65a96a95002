package io.headgate.gateway.upstream.net;

import io.headgate.gateway.telemetry.Fatal;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;

/** An HTTP/2 connection of one event loop: many streams at once, as many as the peer allows. */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
final class H2Connection extends ChannelInboundHandlerAdapter {
    private static final int STREAM_WINDOW = 256 * 1024;
    private static final int CONNECTION_WINDOW = 16 * 1024 * 1024;
    private static final int MAX_STREAMS = 1_000;

    private final LoopPool pool;
    private final LoopPool.Attempt attempt;
    private final Channel channel;
    private int streams;
    private long maxStreams = MAX_STREAMS;
    private boolean goneAway;
    long idleSince = System.nanoTime();

    private H2Connection(LoopPool pool, LoopPool.Attempt attempt, Channel channel) {
        this.pool = pool;
        this.attempt = attempt;
        this.channel = channel;
    }

    /** Puts HTTP/2 on a new channel; the attempt succeeds with the peer's first settings. */
    static void setUp(LoopPool pool, LoopPool.Attempt attempt, Channel channel) {
        Http2FrameCodec codec = Http2FrameCodecBuilder.forClient()
                .initialSettings(Http2Settings.defaultSettings()
                        .pushEnabled(false)
                        .initialWindowSize(STREAM_WINDOW)
                        .maxHeaderListSize(HttpClient.MAX_HEADER_BYTES))
                .build();
        channel.pipeline()
                .addLast(codec)
                .addLast(new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()))
                .addLast(new H2Connection(pool, attempt, channel));
    }

    boolean isUsable() {
        return !goneAway && channel.isActive();
    }

    boolean hasRoom() {
        return streams < maxStreams;
    }

    boolean isIdle() {
        return streams == 0;
    }

    void close() {
        channel.close();
    }

    void send(RoundTrip trip, OutgoingRequest request) {
        streams++;
        new Http2StreamChannelBootstrap(channel)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        H2Line line = new H2Line(pool, stream);
                        line.expect(trip);
                        stream.closeFuture().addListener(closed -> streamClosed());
                        stream.pipeline()
                                .addLast(new Http2StreamFrameToHttpObjectCodec(false, true))
                                .addLast(line);
                    }
                })
                .open()
                .addListener((Future<Http2StreamChannel> opened) -> opened(trip, request, opened));
    }

    private void opened(RoundTrip trip, OutgoingRequest request, Future<Http2StreamChannel> opened) {
        if (!opened.isSuccess()) {
            if (trip.line == null) {
                // There never was a stream.
                streamClosed();
                if (trip.isListed) {
                    pool.fail(trip, UpstreamFault.H2_REFUSED);
                }
            } else {
                trip.line.fail(UpstreamFault.H2_REFUSED);
            }
            return;
        }
        H2Line line = opened.getNow().pipeline().get(H2Line.class);
        if (line.trip == trip) {
            line.send(request);
        }
    }

    void streamClosed() {
        streams--;
        if (streams == 0) {
            idleSince = System.nanoTime();
            if (goneAway) {
                channel.close();
            }
        }
        pool.h2Room(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Http2Exception {
        try {
            if (message instanceof Http2SettingsFrame settings) {
                Long most = settings.settings().maxConcurrentStreams();
                maxStreams = most == null ? MAX_STREAMS : Math.min(most, MAX_STREAMS);
                settled(context);
            } else if (message instanceof Http2GoAwayFrame) {
                goneAway = true;
                pool.h2Gone(this);
                if (streams == 0) {
                    channel.close();
                }
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void settled(ChannelHandlerContext context) throws Http2Exception {
        if (attempt.isSettled()) {
            pool.h2Room(this);
            return;
        }
        Http2FrameCodec codec = context.pipeline().get(Http2FrameCodec.class);
        codec.connection()
                .local()
                .flowController()
                .incrementWindowSize(codec.connection().connectionStream(), CONNECTION_WINDOW);
        if (maxStreams == 0) {
            attempt.failed(UpstreamFault.H2_STREAMS);
            channel.close();
        } else {
            attempt.readyH2(this);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        goneAway = true;
        attempt.failed(UpstreamFault.CONNECT);
        pool.h2Gone(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Fatal.check(cause);
        channel.close();
    }
}
