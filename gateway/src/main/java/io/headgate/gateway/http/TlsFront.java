package io.headgate.gateway.http;

import io.headgate.gateway.telemetry.Fatal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import org.jspecify.annotations.Nullable;

/** Looks at the first bytes of a TLS connection before anything is kept for it, then lets the handshake begin. */
// What cannot be written or closed any more closes its channel, and that is noticed there.
@SuppressWarnings("FutureReturnValueIgnored")
final class TlsFront extends ByteToMessageDecoder {
    private static final int HANDSHAKE = 0x16;
    private static final int RECORD_HEAD = 5;
    private static final int CLIENT_HELLO = 1;
    private static final int MAX_CLIENT_HELLO = 32 * 1024;

    private final Connection connection;
    private final TlsCertificates certificates;

    TlsFront(Connection connection, TlsCertificates certificates) {
        this.connection = connection;
        this.certificates = certificates;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        int start = in.readerIndex();
        if (in.getByte(start) != HANDSHAKE) {
            fail(ctx, in, "not_tls");
        } else if (in.readableBytes() >= RECORD_HEAD + 4) {
            if (in.getByte(start + RECORD_HEAD) != CLIENT_HELLO) {
                fail(ctx, in, "not_tls");
            } else if (in.getUnsignedMedium(start + RECORD_HEAD + 1) > MAX_CLIENT_HELLO) {
                fail(ctx, in, "client_hello_too_large");
            } else {
                SslHandler tls = certificates.current().newHandler(ctx.alloc());
                tls.setHandshakeTimeoutMillis(
                        connection.door.limits.headerTimeout().toMillis());
                ctx.pipeline().addLast(new TlsRecords(connection.door.meters), tls, new Handshake(tls));
                ctx.pipeline().remove(this);
            }
        }
    }

    private void fail(ChannelHandlerContext ctx, ByteBuf in, String reason) {
        in.skipBytes(in.readableBytes());
        connection.door.meters.tlsFailure(reason);
        ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Fatal.check(cause);
        ctx.close();
    }

    /** Waits for the end of the handshake and lets its outcome choose the protocol. */
    private final class Handshake extends ChannelInboundHandlerAdapter {
        private final SslHandler tls;

        Handshake(SslHandler tls) {
            this.tls = tls;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent completion) {
                if (completion.isSuccess()) {
                    connection.sni(requestedName());
                    if (ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol())) {
                        Protocols.http2(connection);
                    } else {
                        Protocols.http1(connection);
                    }
                    ctx.pipeline().remove(this);
                } else {
                    connection.door.meters.tlsFailure(reasonOf(completion.cause()));
                    ctx.close();
                }
            }
            ctx.fireUserEventTriggered(event);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            Fatal.check(cause);
            ctx.close();
        }

        private @Nullable String requestedName() {
            if (tls.engine().getSession() instanceof ExtendedSSLSession session) {
                for (SNIServerName name : session.getRequestedServerNames()) {
                    if (name instanceof SNIHostName host) {
                        return host.getAsciiName();
                    }
                }
            }
            return null;
        }
    }

    private static String reasonOf(Throwable cause) {
        if (cause instanceof NotSslRecordException) {
            return "not_tls";
        }
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        return text.contains("protocol") ? "protocol_version" : "other";
    }
}
