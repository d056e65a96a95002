package io.headgate.benchmarks.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one load, each with at most one call on its way, as many as the calls need; all on one event loop.
 *
 * <p>A client that gets no answer for long hangs up.
 */
// What cannot be sent any more closes its channel, and that is noticed there.
@SuppressWarnings("FutureReturnValueIgnored")
final class Connections {
    private static final int MOST = 9_000;
    private static final ByteBuf RESULT =
            Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("\"result\":", StandardCharsets.US_ASCII));

    /** Told once for each call, on the event loop of the load; the body is the connection's. */
    @FunctionalInterface
    interface End {
        /**
         * A call is over.
         *
         * @param status {@link Calls#NO_ANSWER} if there was none
         */
        void ended(long number, long due, int status, ByteBuf body);
    }

    private final EventLoop loop;
    private final int port;
    private final String tool;
    private final String fields;
    private final long hangUpNanos;
    private final End end;
    private final Bootstrap bootstrap;
    private final Deque<Connection> idle = new ArrayDeque<>();
    private int open;

    /** @param fields more header fields, each with its line end */
    Connections(EventLoop loop, int port, String tool, String fields, Duration hangUp, End end) {
        this.loop = loop;
        this.port = port;
        this.tool = tool;
        this.fields = fields;
        this.end = end;
        hangUpNanos = hangUp.toNanos();
        bootstrap = new Bootstrap()
                .group(loop)
                .channel(Sockets.client())
                .option(ChannelOption.TCP_NODELAY, true)
                .remoteAddress(new InetSocketAddress("127.0.0.1", port));
    }

    static boolean isResult(int status, ByteBuf body) {
        return status == 200 && ByteBufUtil.indexOf(RESULT, body) >= 0;
    }

    private byte[] request(String arguments, String more) {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":" + arguments
                + ",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                + "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"load\",\"version\":\"1\"},"
                + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";
        String head = "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nContent-Type: application/json\r\n"
                + "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
                + "Mcp-Method: tools/call\r\nMcp-Name: " + tool + "\r\n" + fields + more + "Content-Length: "
                + body.length()
                + "\r\n\r\n";
        return (head + body).getBytes(StandardCharsets.US_ASCII);
    }

    /** @param due from when on the call is measured */
    void send(long number, long due, String arguments) {
        send(number, due, arguments, "");
    }

    /** @param more header fields of this call alone, each with its line end */
    void send(long number, long due, String arguments, String more) {
        Connection free = idle.pollLast();
        if (free != null) {
            free.send(number, due, arguments, more);
        } else if (open < MOST) {
            open++;
            connect(number, due, arguments, more);
        } else {
            unanswered(number, due);
        }
    }

    private void connect(long number, long due, String arguments, String more) {
        Connection added = new Connection();
        bootstrap
                .clone()
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpResponseDecoder(), new HttpObjectAggregator(1 << 20), added);
                    }
                })
                .connect()
                .addListener(connected -> {
                    if (connected.isSuccess()) {
                        added.send(number, due, arguments, more);
                    } else {
                        open--;
                        unanswered(number, due);
                    }
                });
    }

    private void unanswered(long number, long due) {
        end.ended(number, due, Calls.NO_ANSWER, Unpooled.EMPTY_BUFFER);
    }

    private final class Connection extends SimpleChannelInboundHandler<FullHttpResponse> implements Runnable {
        private @Nullable ChannelHandlerContext context;
        private long number;
        private long due;
        private boolean waits;
        private long askedAt;
        private boolean watched;

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            context = ctx;
        }

        void send(long call, long at, String arguments, String more) {
            ChannelHandlerContext ctx = context;
            if (ctx == null || !ctx.channel().isActive()) {
                unanswered(call, at);
                return;
            }
            number = call;
            due = at;
            waits = true;
            askedAt = System.nanoTime();
            ByteBuf bytes = Unpooled.wrappedBuffer(request(arguments, more));
            ctx.writeAndFlush(bytes);
            if (!watched) {
                watched = true;
                loop.schedule(this, hangUpNanos, TimeUnit.NANOSECONDS);
            }
        }

        /** Hangs up after a long wait; looks again if it is not so long yet. */
        @Override
        public void run() {
            watched = false;
            ChannelHandlerContext ctx = context;
            if (waits && ctx != null) {
                long left = askedAt + hangUpNanos - System.nanoTime();
                if (left <= 0) {
                    ctx.close();
                } else {
                    watched = true;
                    loop.schedule(this, left, TimeUnit.NANOSECONDS);
                }
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpResponse response) {
            waits = false;
            idle.addLast(this);
            end.ended(number, due, response.status().code(), response.content());
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            open--;
            idle.remove(this);
            if (waits) {
                waits = false;
                unanswered(number, due);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
