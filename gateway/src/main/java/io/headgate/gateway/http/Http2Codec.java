package io.headgate.gateway.http;

import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Settings;

/** Builds the HTTP/2 codec of one connection with our limits and our guard around its decoder. */
final class Http2Codec extends Http2FrameCodecBuilder {
    private final Connection connection;

    private Http2Codec(Connection connection) {
        this.connection = connection;
    }

    static Http2FrameCodec of(Connection connection) {
        DoorLimits limits = connection.door.limits;
        Http2Codec builder = new Http2Codec(connection);
        builder.server(true);
        return builder.initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(limits.streams())
                        .maxHeaderListSize(limits.headerBytes()))
                .validateHeaders(true)
                .validateRequiredPseudoHeaders(true)
                // What the peer announces is advice to us; refusing to answer would help nobody.
                .encoderIgnoreMaxHeaderListSize(true)
                // The guard counts resets of both directions, with their reasons.
                .decoderEnforceMaxRstFramesPerWindow(0, 1)
                .encoderEnforceMaxRstFramesPerWindow(0, 1)
                // Whoever wants the connection closed earlier closes it.
                .gracefulShutdownTimeoutMillis(-1)
                .build();
    }

    @Override
    protected Http2FrameCodec build(
            Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings initialSettings) {
        return super.build(new Http2Guard(decoder, connection), new BriefGoAways(encoder), initialSettings);
    }
}
