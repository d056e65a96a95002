package io.headgate.gateway.http;

import io.headgate.gateway.telemetry.Fatal;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.NonBlocking;
import reactor.netty.resources.LoopResources;

/**
 * The event loops of the gateway, one group for the door and the upstream connections, so that a call stays on its
 * loop.
 *
 * <p>The transport is chosen here, because Reactor Netty alone would take io_uring as soon as its library is present.
 */
public final class HttpLoops implements LoopResources {
    private final Transport transport;
    private final EventLoopGroup group;
    private volatile boolean isStopping;
    private final Map<Class<? extends Channel>, Class<? extends Channel>> classes;

    private HttpLoops(Transport transport, int threads) {
        this.transport = transport;
        IoHandlerFactory handlers;
        switch (transport) {
            case EPOLL -> {
                handlers = EpollIoHandler.newFactory();
                classes = Map.of(
                        SocketChannel.class, EpollSocketChannel.class,
                        ServerSocketChannel.class, EpollServerSocketChannel.class,
                        DatagramChannel.class, EpollDatagramChannel.class,
                        DomainSocketChannel.class, EpollDomainSocketChannel.class);
            }
            case IO_URING -> {
                handlers = IoUringIoHandler.newFactory();
                classes = Map.of(
                        SocketChannel.class, IoUringSocketChannel.class,
                        ServerSocketChannel.class, IoUringServerSocketChannel.class,
                        DatagramChannel.class, IoUringDatagramChannel.class);
            }
            default -> {
                handlers = NioIoHandler.newFactory();
                classes = Map.of(
                        SocketChannel.class, NioSocketChannel.class,
                        ServerSocketChannel.class, NioServerSocketChannel.class,
                        DatagramChannel.class, NioDatagramChannel.class);
            }
        }
        group = new MultiThreadIoEventLoopGroup(threads, new LoopThreads(), handlers);
        Fatal.watch(group, () -> isStopping);
    }

    /** Loops for each processor. */
    public static HttpLoops create(Transport transport) {
        return create(transport, Runtime.getRuntime().availableProcessors());
    }

    public static HttpLoops create(Transport transport, int threads) {
        if (transport == Transport.EPOLL && !Epoll.isAvailable()) {
            throw new IllegalArgumentException("transport: epoll is not available here (expected: auto or nio)");
        }
        if (transport == Transport.IO_URING && !IoUring.isAvailable()) {
            throw new IllegalArgumentException("transport: io_uring is not available here (expected: auto or nio)");
        }
        if (transport == Transport.AUTO) {
            return new HttpLoops(Epoll.isAvailable() ? Transport.EPOLL : Transport.NIO, threads);
        }
        return new HttpLoops(transport, threads);
    }

    /** What was chosen; never {@link Transport#AUTO}. */
    public Transport transport() {
        return transport;
    }

    public EventLoopGroup group() {
        return group;
    }

    @Override
    public EventLoopGroup onServer(boolean useNative) {
        return group;
    }

    @Override
    public <C extends Channel> C onChannel(Class<C> channelType, EventLoopGroup ignored) {
        try {
            return onChannelClass(channelType, ignored).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public <C extends Channel> Class<? extends C> onChannelClass(Class<C> channelType, EventLoopGroup ignored) {
        Class<? extends Channel> found = classes.get(channelType);
        if (found == null) {
            throw new IllegalArgumentException("transport: no " + channelType.getSimpleName() + " here");
        }
        return (Class<? extends C>) found;
    }

    @Override
    public boolean daemon() {
        return true;
    }

    @Override
    public boolean isDisposed() {
        return group.isShuttingDown();
    }

    @Override
    public void dispose() {
        isStopping = true;
        var unused = group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }

    @Override
    public Mono<Void> disposeLater(Duration quietPeriod, Duration timeout) {
        isStopping = true;
        return Mono.create(
                sink -> group.shutdownGracefully(quietPeriod.toMillis(), timeout.toMillis(), TimeUnit.MILLISECONDS)
                        .addListener(done -> sink.success()));
    }

    /** Makes threads on which Reactor and BlockHound refuse to block. */
    private static final class LoopThreads extends DefaultThreadFactory {
        LoopThreads() {
            super("headgate-loop", /* daemon= */ true);
        }

        @Override
        protected Thread newThread(Runnable task, String name) {
            return new LoopThread(threadGroup, task, name);
        }
    }

    /** A thread that must not block. */
    private static final class LoopThread extends io.netty.util.concurrent.FastThreadLocalThread
            implements NonBlocking {
        LoopThread(ThreadGroup group, Runnable task, String name) {
            super(group, task, name);
        }
    }
}
