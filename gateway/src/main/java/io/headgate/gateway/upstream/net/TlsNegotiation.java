package io.headgate.gateway.upstream.net;

import io.headgate.gateway.telemetry.Fatal;
import io.headgate.gateway.upstream.UpstreamFault;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** TLS to a server; goes on with HTTP/2 or HTTP/1.1 when TLS says which. */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
final class TlsNegotiation extends ApplicationProtocolNegotiationHandler {
    private final LoopPool pool;
    private final LoopPool.Attempt attempt;

    TlsNegotiation(LoopPool pool, LoopPool.Attempt attempt) {
        super(ApplicationProtocolNames.HTTP_1_1);
        this.pool = pool;
        this.attempt = attempt;
    }

    /** Trusts what the file says, or else what the platform trusts. */
    static SslContext context(@Nullable String trustFile) {
        try {
            SslContextBuilder builder = SslContextBuilder.forClient()
                    .sslProvider(SslProvider.JDK)
                    .endpointIdentificationAlgorithm("HTTPS")
                    .protocols("TLSv1.3", "TLSv1.2")
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            ApplicationProtocolNames.HTTP_2,
                            ApplicationProtocolNames.HTTP_1_1));
            if (trustFile != null) {
                builder.trustManager(new File(trustFile));
            }
            return builder.build();
        } catch (SSLException | IllegalArgumentException bad) {
            throw new IllegalArgumentException("trustFile: " + trustFile + " (expected: PEM certificates)", bad);
        }
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext context, String protocol) {
        if (pool.client.isH2Certain() || ApplicationProtocolNames.HTTP_2.equals(protocol)) {
            H2Connection.setUp(pool, attempt, context.channel());
        } else {
            attempt.readyH1(context.channel());
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        // Of a handshake that took too long, or whose peer went away, the library tells by this event alone.
        if (event instanceof SslHandshakeCompletionEvent completion && !completion.isSuccess()) {
            handshakeFailure(context, completion.cause());
        }
        super.userEventTriggered(context, event);
    }

    @Override
    protected void handshakeFailure(ChannelHandlerContext context, Throwable cause) {
        attempt.failed(cause instanceof SslHandshakeTimeoutException ? UpstreamFault.TLS_TIMEOUT : UpstreamFault.TLS);
        context.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Fatal.check(cause);
        attempt.failed(UpstreamFault.TLS);
        context.close();
    }
}
