package io.headgate.gateway.http;

import io.headgate.gateway.telemetry.Fatal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Tells HTTP/2 with prior knowledge from HTTP/1.1 by the first bytes of a connection in clear text. */
// What cannot be written or closed any more closes its channel, and that is noticed there.
@SuppressWarnings("FutureReturnValueIgnored")
final class ProtocolDetector extends ByteToMessageDecoder {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int TLS_HANDSHAKE = 0x16;

    private final Connection connection;

    ProtocolDetector(Connection connection) {
        this.connection = connection;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        int start = in.readerIndex();
        if (in.getByte(start) == TLS_HANDSHAKE) {
            in.skipBytes(in.readableBytes());
            Protocols.http1(connection).refuse(Rejection.NOT_HTTP);
            ctx.pipeline().remove(this);
            return;
        }
        int known = Math.min(in.readableBytes(), PREFACE.length);
        for (int i = 0; i < known; i++) {
            if (in.getByte(start + i) != PREFACE[i]) {
                Protocols.http1(connection);
                ctx.pipeline().remove(this);
                return;
            }
        }
        if (known == PREFACE.length) {
            Protocols.http2(connection);
            ctx.pipeline().remove(this);
        }
        connection.heard();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Fatal.check(cause);
        ctx.close();
    }
}
