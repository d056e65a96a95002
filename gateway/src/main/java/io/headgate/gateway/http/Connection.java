package io.headgate.gateway.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import org.jspecify.annotations.Nullable;

/**
 * One client connection: what it opened with, and its clock until it is known to speak HTTP/1.1 or for as long as it
 * speaks HTTP/2.
 */
// What cannot be written or closed any more closes its channel, and that is noticed there.
@SuppressWarnings("FutureReturnValueIgnored")
final class Connection implements Watched {
    final Channel channel;
    final Door door;
    final LoopClock clock;
    private @Nullable String sni;
    private int slot = -1;
    private long since;
    private boolean ended;
    private boolean heard;

    // Set once HTTP/2 was chosen.
    private @Nullable Http2FrameCodec codec;
    private long lastProgress;
    private boolean draining;

    Connection(Channel channel, Door door) {
        this.channel = channel;
        this.door = door;
        clock = door.clockOf(channel.eventLoop());
        since = clock.now();
        clock.add(this);
    }

    @Nullable
    String sni() {
        return sni;
    }

    boolean isSecure() {
        return door.certificates != null;
    }

    /** Notes that some bytes came in clear text, too few to tell the protocol. */
    void heard() {
        heard = true;
    }

    long openedAt() {
        return since;
    }

    void sni(@Nullable String name) {
        sni = name;
    }

    /** The handler of its requests watches the time from now on. */
    void becameHttp1() {
        clock.remove(this);
        door.meters.http1.incrementAndGet();
        channel.closeFuture().addListener(closed -> door.meters.http1.decrementAndGet());
    }

    void becameHttp2(Http2FrameCodec frames) {
        codec = frames;
        since = clock.now();
        lastProgress = since;
        door.meters.http2.incrementAndGet();
        channel.closeFuture().addListener(closed -> {
            door.meters.http2.decrementAndGet();
            clock.remove(this);
        });
    }

    void closed() {
        clock.remove(this);
    }

    /** Notes that a stream of this connection could write. */
    void progressed(long now) {
        lastProgress = now;
    }

    /** Whether no stream could write since then. */
    boolean isStuckSince(long then) {
        return lastProgress <= then;
    }

    @Override
    public void tick(long now) {
        Http2FrameCodec frames = codec;
        if (frames == null) {
            if (now - since >= door.headerNanos) {
                giveUp();
            }
        } else if (frames.connection().numActiveStreams() > 0) {
            since = now;
        } else if (!ended && now - since >= door.idleNanos) {
            ended = true;
            door.meters.connectionClosed("idle");
            channel.close();
        }
    }

    /** Too little came to tell the protocol; who said something is told why, in the older one, because that needs no more. */
    private void giveUp() {
        if (heard) {
            Protocols.http1(this).refuse(Rejection.HEADER_TIMEOUT);
            channel.pipeline().remove(ProtocolDetector.class);
        } else {
            door.meters.rejected(Rejection.HEADER_TIMEOUT);
            channel.close();
        }
    }

    @Override
    public void drain() {
        if (!draining) {
            draining = true;
            // The codec says goodbye, lets the open streams finish, and then closes.
            channel.close();
        }
    }

    @Override
    public void cut() {
        Http2FrameCodec frames = codec;
        ChannelHandlerContext context =
                frames == null ? null : channel.pipeline().context(frames);
        if (context == null) {
            channel.close();
        } else {
            context.close();
        }
    }

    /** Ends an HTTP/2 connection whose client does not behave. */
    void calm() {
        Http2FrameCodec frames = codec;
        ChannelHandlerContext context =
                frames == null ? null : channel.pipeline().context(frames);
        if (context != null && !ended) {
            ended = true;
            channel.write(new DefaultHttp2GoAwayFrame(Http2Error.ENHANCE_YOUR_CALM));
            channel.flush();
            context.close();
        }
    }

    @Override
    public int slot() {
        return slot;
    }

    @Override
    public void slot(int to) {
        slot = to;
    }
}
