package io.headgate.benchmarks.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpRequestEncoder;
import java.net.InetSocketAddress;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a server, counts the tool calls that come to its address, and resets connections as it is told.
 *
 * <p>Requests are read whole, answers pass as the bytes that they are.
 */
// A failure shows itself on the channel.
@SuppressWarnings("FutureReturnValueIgnored")
final class Relay implements AutoCloseable {
    private static final int MOST_BYTES = 1 << 20;
    private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final InetSocketAddress server;
    private final EventLoopGroup group = Sockets.oneLoop();
    private final Random random = new Random(11);
    private final Channel door;
    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong resets = new AtomicLong();
    private volatile Function<Moment, Fate> fates = moment -> Fate.PASS;

    /** When it is asked what to do. */
    enum Moment {
        CONNECTED,
        CALL,
        OTHER_REQUEST
    }

    /** When a connection is reset. */
    enum Fate {
        PASS,
        /** The server never sees the request, or the connection. */
        AT_ONCE,
        /** The server has the request, and nobody waits for the answer. */
        AFTER_REQUEST,
        /** The answer has come, and is not passed on. */
        BEFORE_ANSWER,
        WITHIN_ANSWER,
        /** At a random moment soon, whatever there is on the connection then: this call, none, or a later one. */
        SOON
    }

    Relay(int serverPort) {
        server = new InetSocketAddress("127.0.0.1", serverPort);
        door = new ServerBootstrap()
                .group(group)
                .channel(Sockets.server())
                // Nothing is read before there is somebody to pass it on to.
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new HttpRequestDecoder(),
                                        new HttpObjectAggregator(MOST_BYTES),
                                        new Link(channel));
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
    }

    int port() {
        return ((InetSocketAddress) door.localAddress()).getPort();
    }

    /** Decides from now on, on the event loop of the relay. */
    void decide(Function<Moment, Fate> decision) {
        fates = decision;
    }

    /** How many tool calls came, whatever became of them. */
    long calls() {
        return calls.get();
    }

    /** How many connections it has reset. */
    long resets() {
        return resets.get();
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /** One connection of the gateway and the one to the server that belongs to it, on one event loop. */
    private final class Link extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final Channel client;
        private @Nullable Channel back;
        private Fate fate = Fate.PASS;

        Link(Channel client) {
            this.client = client;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (fates.apply(Moment.CONNECTED) != Fate.PASS) {
                reset();
                return;
            }
            back = new Bootstrap()
                    .group(client.eventLoop())
                    .channel(Sockets.client())
                    .option(ChannelOption.TCP_NODELAY, true)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new HttpRequestEncoder(), new Answers());
                        }
                    })
                    .connect(server)
                    .addListener(connected -> {
                        if (connected.isSuccess()) {
                            client.config().setAutoRead(true);
                        } else {
                            client.close();
                        }
                    })
                    .channel();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            boolean isCall = "tools/call".equals(request.headers().get("Mcp-Method"));
            if (isCall) {
                calls.incrementAndGet();
            }
            fate = fates.apply(isCall ? Moment.CALL : Moment.OTHER_REQUEST);
            Channel to = back;
            if (fate == Fate.AT_ONCE || to == null) {
                reset();
                return;
            }
            var passed = to.writeAndFlush(request.retain());
            if (fate == Fate.AFTER_REQUEST) {
                passed.addListener(done -> reset());
            } else if (fate == Fate.SOON) {
                client.eventLoop().schedule(this::reset, random.nextLong(SOON_NANOS), TimeUnit.NANOSECONDS);
            }
        }

        private void answer(ByteBuf bytes) {
            switch (fate) {
                case BEFORE_ANSWER -> {
                    bytes.release();
                    reset();
                }
                case WITHIN_ANSWER ->
                    client.writeAndFlush(bytes.readSlice(bytes.readableBytes() / 2))
                            .addListener(done -> reset());
                default -> client.writeAndFlush(bytes);
            }
        }

        private void reset() {
            if (client.isActive()) {
                resets.incrementAndGet();
                client.config().setOption(ChannelOption.SO_LINGER, 0);
                client.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            Channel other = back;
            if (other != null) {
                other.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }

        /** What the server says. */
        private final class Answers extends ChannelInboundHandlerAdapter {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                answer((ByteBuf) message);
            }

            @Override
            public void channelInactive(ChannelHandlerContext ctx) {
                client.close();
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                ctx.close();
            }
        }
    }
}
