package io.headgate.gateway.upstream.net;

import io.headgate.gateway.upstream.UpstreamFault;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the answers on one channel: an HTTP/1.1 connection, again and again, or an HTTP/2 stream, once. */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
abstract class Line extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Line.class);

    private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
    private static final int MAX_INFORMATIONAL = 16;
    private static final int LINGER_BYTES = 64 * 1024;

    final LoopPool pool;
    Channel channel;

    @Nullable
    RoundTrip trip;

    boolean keepAlive;
    long lingeringSince;
    private int lingerBytes = -1;
    private int informational;
    private boolean interim;
    private boolean headSeen;

    Line(LoopPool pool, Channel channel) {
        this.pool = pool;
        this.channel = channel;
    }

    /** The answer is complete and the channel is still good, or not. */
    abstract void done(boolean reusable);

    final void abort() {
        trip = null;
        channel.close();
    }

    final void linger() {
        lingerBytes = LINGER_BYTES;
        reading(true);
        pool.addLingering(this);
    }

    final boolean isLingering() {
        return lingerBytes >= 0 && trip != null;
    }

    final void reading(boolean on) {
        if (channel.config().isAutoRead() != on) {
            channel.config().setAutoRead(on);
        }
    }

    /** Prepares for the next answer. */
    final void expect(RoundTrip next) {
        trip = next;
        next.line = this;
        lingerBytes = -1;
        informational = 0;
        interim = false;
        headSeen = false;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            if (message instanceof HttpObject object) {
                read(object);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        fail(headSeen ? UpstreamFault.TRUNCATED : UpstreamFault.RESET);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // A defect or a want of memory of ours is not the server's fault, and must not look like it.
        if (cause instanceof Error || (cause instanceof RuntimeException && !(cause instanceof CodecException))) {
            LOG.error("a call is lost because the gateway failed", cause);
        }
        if (cause instanceof OutOfMemoryError) {
            fail(UpstreamFault.MEMORY);
            return;
        }
        fail(headSeen ? UpstreamFault.TRUNCATED : cause instanceof IOException ? UpstreamFault.RESET : faultOf(cause));
    }

    final void fail(UpstreamFault fault) {
        RoundTrip current = trip;
        trip = null;
        channel.close();
        if (current != null) {
            current.line = null;
            pool.unlist(current);
            current.onFault(fault);
        }
    }

    private void read(HttpObject object) {
        RoundTrip current = trip;
        if (current == null) {
            // Nobody asked: the peer is out of step, and what it sends next would be taken for an answer.
            channel.close();
            return;
        }
        if (object.decoderResult().isFailure()) {
            fail(faultOf(object.decoderResult().cause()));
            return;
        }
        if (object instanceof HttpResponse response && !head(current, response)) {
            return;
        }
        RoundTrip next = trip;
        if (object instanceof HttpContent content && next != null) {
            body(next, content);
        }
    }

    private boolean head(RoundTrip current, HttpResponse response) {
        int status = response.status().code();
        if (status < 200) {
            if (status == 101) {
                fail(UpstreamFault.FRAMING);
            } else if (++informational > MAX_INFORMATIONAL) {
                fail(UpstreamFault.INFORMATIONAL_FLOOD);
            }
            interim = true;
            return trip != null;
        }
        headSeen = true;
        keepAlive = HttpUtil.isKeepAlive(response);
        String keeps = response.headers().get(KEEP_ALIVE);
        if (keeps != null) {
            pool.adoptKeepAlive(keeps);
        }
        pool.client.meters().answered();
        pool.client.returns().answered();
        current.heard();
        current.onHead(status, response.headers());
        return true;
    }

    private void body(RoundTrip current, HttpContent content) {
        boolean last = content instanceof LastHttpContent;
        if (interim) {
            interim = !last;
            return;
        }
        int size = content.content().readableBytes();
        if (size > 0) {
            if (lingerBytes >= 0) {
                lingerBytes -= size;
                if (lingerBytes < 0) {
                    abort();
                    return;
                }
            }
            current.heard();
            current.onBody(content.content());
        }
        if (last && trip == current) {
            trip = null;
            current.line = null;
            pool.unlist(current);
            reading(true);
            // Given back first, so that a call made from the answer finds the connection.
            done(keepAlive && channel.isActive());
            current.onEnd();
        }
    }

    private static UpstreamFault faultOf(Throwable cause) {
        if (cause instanceof TooLongHttpHeaderException) {
            return UpstreamFault.HEADERS_TOO_LARGE;
        }
        return cause instanceof PrematureChannelClosureException || cause instanceof ClosedChannelException
                ? UpstreamFault.RESET
                : UpstreamFault.FRAMING;
    }
}
