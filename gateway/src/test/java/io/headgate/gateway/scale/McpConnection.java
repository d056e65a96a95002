package io.headgate.gateway.scale;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One kept-alive HTTP/1.1 connection of a client, opened for its first request, with one request at a time. */
final class McpConnection extends SimpleChannelInboundHandler<HttpObject> implements AutoCloseable {
    private static final EventLoopGroup LOOPS = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    /** Whether the gateway leaks is looked for there; here it would only make the load slower. */
    private static final ByteBufAllocator BUFFERS =
            new UnpooledByteBufAllocator(/* preferDirect= */ false, /* disableLeakDetector= */ true);

    private static final Duration CONNECT = Duration.ofSeconds(10);

    private final InetSocketAddress server;
    private @Nullable Channel channel;
    private @Nullable Pending pending;

    private McpConnection(InetSocketAddress server) {
        this.server = server;
    }

    static McpConnection to(InetSocketAddress server) {
        return new McpConnection(server);
    }

    private static final class Pending {
        private final CompletableFuture<Answer> answer = new CompletableFuture<>();
        private final EventReader events;
        private final CompositeByteBuf body = BUFFERS.compositeBuffer(4_096);
        private @Nullable HttpResponse head;
        private @Nullable JsonNode response;

        Pending(Consumer<EventReader.Event> listener) {
            events = new EventReader(event -> {
                JsonNode message = Answer.json(event.data());
                if (message.has("method")) {
                    listener.accept(event);
                } else {
                    response = message;
                }
            });
        }

        boolean isStream() {
            return head != null && head.headers().get("content-type", "").startsWith("text/event-stream");
        }

        void finish(HttpResponse to) {
            if (body.isReadable()) {
                response = Answer.json(ByteBufUtil.getBytes(body));
            }
            body.release();
            var unused = answer.complete(new Answer(to.status().code(), to.headers(), response));
        }

        void fail(Throwable cause) {
            if (answer.completeExceptionally(cause)) {
                body.release();
            }
        }
    }

    /** Sends a request; each message of a stream before the response goes to the listener, on the connection's loop. */
    CompletableFuture<Answer> send(
            HttpMethod method, Map<String, String> fields, byte[] body, Consumer<EventReader.Event> listener) {
        Pending next = new Pending(listener);
        DefaultFullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, "/mcp", Unpooled.wrappedBuffer(body));
        HttpHeaders headers = request.headers();
        headers.set("host", "127.0.0.1:" + server.getPort());
        fields.forEach(headers::set);
        if (method.equals(HttpMethod.POST)) {
            headers.set("content-type", "application/json").set("content-length", body.length);
        }
        Channel to = connected();
        to.eventLoop().execute(() -> start(to, next, request));
        return next.answer;
    }

    /** A server may close a connection that says nothing, so there is none before there is something to say. */
    private synchronized Channel connected() {
        Channel connected = channel;
        if (connected == null) {
            connected = new Bootstrap()
                    .group(LOOPS)
                    .channel(NioSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.ALLOCATOR, BUFFERS)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT.toMillis())
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel opened) {
                            opened.pipeline().addLast(new HttpClientCodec(), McpConnection.this);
                        }
                    })
                    .connect(server)
                    .syncUninterruptibly()
                    .channel();
            channel = connected;
        }
        return connected;
    }

    /** Ends the connection without waiting for anything, as a client that goes away does. */
    synchronized void abandon() {
        if (channel != null) {
            channel.close().syncUninterruptibly();
        }
    }

    @Override
    public void close() {
        abandon();
    }

    private void start(Channel to, Pending next, DefaultFullHttpRequest request) {
        if (pending != null) {
            throw new IllegalStateException("one request at a time");
        }
        pending = next;
        if (!to.isActive()) {
            request.release();
            lose(new IOException("connection is closed"));
            return;
        }
        var unused = to.writeAndFlush(request);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
        Pending current = pending;
        if (current == null) {
            context.close();
            return;
        }
        if (part instanceof HttpResponse head) {
            current.head = head;
        }
        if (part instanceof HttpContent content) {
            take(current, content.content());
        }
        if (part instanceof LastHttpContent && current.head != null) {
            pending = null;
            current.finish(current.head);
        }
    }

    private static void take(Pending current, ByteBuf content) {
        if (current.isStream()) {
            current.events.read(content);
        } else if (content.isReadable()) {
            current.body.addComponent(true, content.retain());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        lose(new IOException("connection closed by the server"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        lose(cause);
        context.close();
    }

    private void lose(Throwable cause) {
        Pending current = pending;
        pending = null;
        if (current != null) {
            current.fail(cause);
        }
    }
}
