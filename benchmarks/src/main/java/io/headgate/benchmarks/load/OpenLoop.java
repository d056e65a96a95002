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
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls of one tool at random moments of a given rate, whether or not the answers keep up, and measures each from the
 * moment at which it should have been sent.
 *
 * <p>One call at a time on a connection. Who gets no answer for long hangs up.
 */
// What cannot be sent any more closes its channel, and that is noticed there.
@SuppressWarnings("FutureReturnValueIgnored")
final class OpenLoop implements AutoCloseable {
    /** An answer that takes longer is worth nothing to whoever asked. */
    static final long PATIENCE_MICROS = 1_000_000;

    private static final long HANG_UP_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final int MOST_CONNECTIONS = 9_000;
    private static final ByteBuf RESULT =
            Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("\"result\":", StandardCharsets.US_ASCII));

    private final EventLoopGroup group;
    private final EventLoop loop;
    private final Bootstrap bootstrap;
    private final int port;
    private final String tool;
    private final String fields;
    private volatile Calls calls;
    private final Random random = new Random(7);
    private final Deque<Connection> idle = new ArrayDeque<>();
    private final Tally second = new Tally();
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private int connections;
    private long begun;
    private long onTheirWay;
    private double rate;
    private long nextAt;
    private boolean isFinished;
    private @Nullable ScheduledFuture<?> sending;

    OpenLoop(int port, String tool, String arguments) {
        this(port, tool, number -> arguments, "");
    }

    /** @param fields more header fields, each with its line end */
    OpenLoop(int port, String tool, Calls calls, String fields) {
        this.port = port;
        this.tool = tool;
        this.calls = calls;
        this.fields = fields;
        group = Sockets.oneLoop();
        loop = group.next();
        bootstrap = new Bootstrap()
                .group(loop)
                .channel(Sockets.client())
                .option(ChannelOption.TCP_NODELAY, true)
                .remoteAddress(new InetSocketAddress("127.0.0.1", port));
    }

    /** What is called from now on. */
    void arguments(String arguments) {
        calls = number -> arguments;
    }

    private byte[] request(String arguments) {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":" + arguments
                + ",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                + "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"load\",\"version\":\"1\"},"
                + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";
        String head = "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nContent-Type: application/json\r\n"
                + "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
                + "Mcp-Method: tools/call\r\nMcp-Name: " + tool + "\r\n" + fields + "Content-Length: " + body.length()
                + "\r\n\r\n";
        return (head + body).getBytes(StandardCharsets.US_ASCII);
    }

    /** Sends so many calls a second for so many seconds and no more; tells each second, and the whole at the end. */
    Tally run(double callsPerSecond, int seconds, Consumer<Tally> eachSecond) throws Exception {
        Tally all = new Tally();
        loop.submit(() -> {
                    second.reset();
                    rate = callsPerSecond;
                    nextAt = System.nanoTime() + pause();
                    sending = loop.schedule(this::sendDue, 0, TimeUnit.NANOSECONDS);
                })
                .get();
        long start = System.nanoTime();
        for (int i = 1; i <= seconds; i++) {
            TimeUnit.NANOSECONDS.sleep(start + TimeUnit.SECONDS.toNanos(i) - System.nanoTime());
            CompletableFuture<Tally> taken = new CompletableFuture<>();
            loop.execute(() -> {
                Tally copy = new Tally();
                copy.add(second);
                second.reset();
                taken.complete(copy);
            });
            Tally last = taken.get();
            all.add(last);
            eachSecond.accept(last);
        }
        // What is on its way is answered, and counted by nobody.
        loop.submit(this::stop).get();
        return all;
    }

    private void stop() {
        ScheduledFuture<?> next = sending;
        if (next != null) {
            next.cancel(/* mayInterruptIfRunning= */ false);
        }
    }

    private long pause() {
        return (long) (-Math.log(1 - random.nextDouble()) * 1e9 / rate);
    }

    private void sendDue() {
        long now = System.nanoTime();
        while (nextAt <= now) {
            second.offered++;
            send(nextAt);
            nextAt += pause();
        }
        sending = loop.schedule(this::sendDue, Math.max(1, nextAt - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    /** Waits until every call has ended. */
    void finish() throws Exception {
        loop.execute(() -> {
            isFinished = true;
            finishIfDone();
        });
        finished.get(2 * HANG_UP_NANOS, TimeUnit.NANOSECONDS);
    }

    private void ended(long number, int status, ByteBuf body) {
        calls.ended(number, status, body);
        onTheirWay--;
        finishIfDone();
    }

    private void unanswered(long number) {
        second.failed++;
        ended(number, Calls.NO_ANSWER, Unpooled.EMPTY_BUFFER);
    }

    private void finishIfDone() {
        if (isFinished && onTheirWay == 0) {
            finished.complete(null);
        }
    }

    private void send(long due) {
        long number = begun++;
        onTheirWay++;
        Connection free = idle.pollLast();
        if (free != null) {
            free.send(number, due);
        } else if (connections < MOST_CONNECTIONS) {
            connections++;
            Connection added = new Connection();
            bootstrap
                    .clone()
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline()
                                    .addLast(new HttpResponseDecoder(), new HttpObjectAggregator(1 << 20), added);
                        }
                    })
                    .connect()
                    .addListener(connected -> {
                        if (connected.isSuccess()) {
                            added.send(number, due);
                        } else {
                            connections--;
                            unanswered(number);
                        }
                    });
        } else {
            unanswered(number);
        }
    }

    @Override
    public void close() {
        loop.execute(this::stop);
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /** One connection with at most one call on its way. */
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

        void send(long call, long at) {
            ChannelHandlerContext ctx = context;
            if (ctx == null || !ctx.channel().isActive()) {
                unanswered(call);
                return;
            }
            number = call;
            due = at;
            waits = true;
            askedAt = System.nanoTime();
            ByteBuf bytes = Unpooled.wrappedBuffer(request(calls.arguments(call)));
            ctx.writeAndFlush(bytes);
            if (!watched) {
                watched = true;
                loop.schedule(this, HANG_UP_NANOS, TimeUnit.NANOSECONDS);
            }
        }

        /** Hangs up after a long wait; looks again if it is not so long yet. */
        @Override
        public void run() {
            watched = false;
            ChannelHandlerContext ctx = context;
            if (waits && ctx != null) {
                long left = askedAt + HANG_UP_NANOS - System.nanoTime();
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
            long micros = (System.nanoTime() - due) / 1000;
            int status = response.status().code();
            waits = false;
            if (status == 200 && ByteBufUtil.indexOf(RESULT, response.content()) >= 0) {
                second.served(micros, PATIENCE_MICROS);
            } else if (status == 503 || status == 429) {
                second.refused(micros);
                second.busy += status == 503 ? 1 : 0;
            } else {
                second.failed++;
            }
            idle.addLast(this);
            ended(number, status, response.content());
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            connections--;
            idle.remove(this);
            if (waits) {
                waits = false;
                unanswered(number);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
