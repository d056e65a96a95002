package io.headgate.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands around the HTTP/2 decoder of one connection: counts the frames that cost a peer nothing, ends the connection
 * of one who sends too many, and gives each error that Netty finds its reason.
 */
final class Http2Guard extends DecoratingHttp2ConnectionDecoder {
    private final Connection connection;
    private final DoorMeters meters;
    private final Rate pings;
    private final Rate settings;
    private final Rate resets;
    private final Rate mistakes;
    private boolean broken;

    Http2Guard(Http2ConnectionDecoder decoder, Connection connection) {
        super(decoder);
        this.connection = connection;
        meters = connection.door.meters;
        DoorLimits limits = connection.door.limits;
        long second = TimeUnit.SECONDS.toNanos(1);
        pings = new Rate(limits.controlFramesPerSecond(), second);
        settings = new Rate(limits.controlFramesPerSecond(), second);
        resets = new Rate(limits.resetsPer30s(), 30 * second);
        mistakes = new Rate(limits.resetsPer30s(), 30 * second);
    }

    @Override
    public void frameListener(Http2FrameListener listener) {
        super.frameListener(new Counting(listener));
    }

    @Override
    public void decodeFrame(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Http2Exception {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        try {
            super.decodeFrame(ctx, in, out);
        } catch (Http2Exception e) {
            throw judge(e);
        }
    }

    private Http2Exception judge(Http2Exception e) {
        if (!Http2Exception.isStreamError(e)) {
            broken = true;
            meters.protocolError(reasonOf(e));
            return e;
        }
        if (e.error() == Http2Error.REFUSED_STREAM) {
            meters.refusedStreams.increment();
        } else {
            meters.protocolError(reasonOf(e));
        }
        if (e instanceof Http2Exception.HeaderListSizeException) {
            // A few bytes that unpack to that much are no mistake.
            broken = true;
            return new Abuse(Http2Error.PROTOCOL_ERROR, "header_list_too_large");
        }
        // Each such error makes us reset a stream, which is as cheap for the peer as resetting it himself.
        if (mistakes.isExceeded(connection.clock.now())) {
            broken = true;
            meters.protocolError("made_you_reset");
            return new Abuse(Http2Error.ENHANCE_YOUR_CALM, "made_you_reset");
        }
        return e;
    }

    private static String reasonOf(Http2Exception e) {
        if (e instanceof Abuse abuse) {
            return abuse.reason;
        }
        String found = reasonIn(e.getMessage());
        return found != null ? found : e.error().name().toLowerCase(Locale.ROOT);
    }

    /** Netty tells most of its errors apart by their text only. */
    private static @Nullable String reasonIn(@Nullable String text) {
        if (text == null) {
            return null;
        }
        if (text.contains("content-length")) {
            return "content_length";
        }
        if (text.contains("connection-specific") || text.contains("'te'")) {
            return "connection_header";
        }
        if (text.toLowerCase(Locale.ROOT).contains("pseudo-header")) {
            return "pseudo_header";
        }
        if (text.startsWith("Header size exceeded")) {
            return "header_list_too_large";
        }
        if (text.startsWith("Request stream")) {
            return "stream_id";
        }
        if (text.contains("small consecutive continuations")) {
            return "continuation_flood";
        }
        return text.contains("empty data frames") ? "empty_frames" : null;
    }

    /** Sees each frame before the codec does. */
    private final class Counting extends Http2FrameListenerDecorator {
        Counting(Http2FrameListener listener) {
            super(listener);
        }

        @Override
        public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
            check(pings, "ping_flood");
            super.onPingRead(ctx, data);
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings read) throws Http2Exception {
            check(settings, "settings_flood");
            super.onSettingsRead(ctx, read);
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) throws Http2Exception {
            check(resets, "rapid_reset");
            super.onRstStreamRead(ctx, streamId, errorCode);
        }

        @Override
        public void onPriorityRead(
                ChannelHandlerContext ctx, int streamId, int dependency, short weight, boolean exclusive) {
            meters.ignoredFrames.increment();
        }

        @Override
        public void onUnknownFrame(
                ChannelHandlerContext ctx, byte frameType, int streamId, Http2Flags flags, ByteBuf payload) {
            meters.ignoredFrames.increment();
        }

        private void check(Rate rate, String reason) throws Http2Exception {
            if (rate.isExceeded(connection.clock.now())) {
                throw new Abuse(Http2Error.ENHANCE_YOUR_CALM, reason);
            }
        }
    }

    /** How often something happened in the window that runs now. */
    private static final class Rate {
        private final int limit;
        private final long windowNanos;
        private long since;
        private int count;

        Rate(int limit, long windowNanos) {
            this.limit = limit;
            this.windowNanos = windowNanos;
        }

        boolean isExceeded(long now) {
            if (now - since >= windowNanos) {
                since = now;
                count = 0;
            }
            return ++count > limit;
        }
    }

    /** Ends the connection of a peer that costs too much. */
    private static final class Abuse extends Http2Exception {
        private static final long serialVersionUID = 1L;

        final String reason;

        Abuse(Http2Error error, String reason) {
            super(error, reason, ShutdownHint.HARD_SHUTDOWN);
            this.reason = reason;
        }
    }
}
