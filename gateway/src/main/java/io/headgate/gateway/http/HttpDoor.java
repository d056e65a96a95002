package io.headgate.gateway.http;

import io.headgate.filter.Events;
import io.headgate.gateway.dialect.FrontDialect;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.telemetry.EventLoopScheduler;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/**
 * The listening front door.
 *
 * <p>Reactor Netty binds, accepts, and owns the event loops; on each accepted connection its handlers are replaced by
 * ours, so that framing, limits and refusals are the same for all protocols.
 */
// What cannot be written or closed any more closes its channel, and that is noticed there.
@SuppressWarnings("FutureReturnValueIgnored")
public final class HttpDoor {
    private static final int BACKLOG = 4096;
    private static final Duration CERTIFICATE_POLL = Duration.ofSeconds(2);

    /** The kernel gives a dead peer up a little after we would, so that we can say why. */
    private static final Duration KERNEL_PATIENCE = Duration.ofSeconds(5);

    private static final Duration LAST_CLOSES = Duration.ofSeconds(1);

    private final Door door;
    private final DisposableServer server;
    private final Sinks.Empty<Void> allClosed;
    private final Scheduler timer;

    private HttpDoor(Door door, DisposableServer server, Sinks.Empty<Void> allClosed, Scheduler timer) {
        this.door = door;
        this.server = server;
        this.allClosed = allClosed;
        this.timer = timer;
    }

    /** Listens when it returns; throws a {@link ListenException} if that cannot be. */
    public static HttpDoor start(
            DoorConfig config,
            FrontDialect dialect,
            MeterRegistry meters,
            LoopResources loops,
            Events events,
            MemoryBudget memory) {
        return start(config, dialect, meters, loops, events, memory, CERTIFICATE_POLL);
    }

    static HttpDoor start(
            DoorConfig config,
            FrontDialect dialect,
            MeterRegistry meters,
            LoopResources loops,
            Events events,
            MemoryBudget memory,
            Duration certificatePoll) {
        InetSocketAddress wanted = resolve(config);
        TlsConfig tls = config.tls();
        TlsCertificates certificates = tls == null ? null : new TlsCertificates(tls, certificatePoll, events);
        Door door = new Door(config, dialect, new DoorMeters(meters), events, memory, certificates);
        Sinks.Empty<Void> allClosed = Sinks.empty();
        HttpServer unbound = HttpServer.create()
                .bindAddress(() -> wanted)
                .runOn(loops)
                .protocol(HttpProtocol.HTTP11)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, Protocols.waterMark(config.limits()))
                .doOnChannelInit((observer, channel, remote) -> accept(door, allClosed, channel));
        try {
            // Clocks of our own loops: what else this process does with shared threads must not hold up a stop.
            Scheduler timer = new EventLoopScheduler(loops.onServer(LoopResources.DEFAULT_NATIVE));
            return new HttpDoor(door, unbound.bindNow(), allClosed, timer);
        } catch (RuntimeException e) {
            if (certificates != null) {
                certificates.stop();
            }
            throw new ListenException("listen: " + config.host() + ":" + config.port() + " " + reasonOf(e), e);
        }
    }

    private static void accept(Door door, Sinks.Empty<Void> allClosed, Channel channel) {
        removeLibraryHandlers(channel.pipeline());
        int open = door.connections.incrementAndGet();
        channel.closeFuture().addListener(closed -> {
            if (door.connections.decrementAndGet() == 0 && door.draining) {
                var unused = allClosed.tryEmitEmpty();
            }
        });
        if (open > door.limits.connections() || door.draining || door.memory.isSpent()) {
            door.meters.connectionRejected(
                    door.draining ? "draining" : door.memory.isSpent() ? "memory" : "max_connections");
            channel.close();
            return;
        }
        door.boundTo((InetSocketAddress) channel.parent().localAddress());
        if (channel instanceof EpollSocketChannel socket) {
            Duration patience = door.limits.sseWriteStall().plus(KERNEL_PATIENCE);
            socket.config().setTcpUserTimeout(Math.toIntExact(patience.toMillis()));
        }
        Connection connection = new Connection(channel, door);
        channel.closeFuture().addListener(closed -> connection.closed());
        TlsCertificates certificates = door.certificates;
        channel.pipeline()
                .addLast(
                        certificates == null
                                ? new ProtocolDetector(connection)
                                : new TlsFront(connection, certificates));
        channel.config().setAutoRead(true);
    }

    /** All of them have names that begin like this; the initializer that calls us takes itself out. */
    private static void removeLibraryHandlers(ChannelPipeline pipeline) {
        for (String name : pipeline.names()) {
            if (name.startsWith("reactor.")) {
                pipeline.remove(name);
            }
        }
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) server.address();
    }

    /** Lets other hosts and origins in, from the next request on. */
    public void allow(Set<String> hosts, Set<String> origins) {
        door.allow(hosts, origins);
    }

    /** Client connections that are open now. */
    public int connections() {
        return door.connections.get();
    }

    /**
     * Stops to listen, closes what is idle, lets running answers finish up to the bound and then ends what is left.
     * HTTP/2 clients are told by GOAWAY, those of HTTP/1.1 by {@code Connection: close} on their last answer.
     */
    public Mono<Void> drain(Duration bound) {
        return Mono.defer(() -> {
            door.draining = true;
            server.dispose();
            door.each(Watched::drain);
            if (door.connections.get() == 0) {
                var unused = allClosed.tryEmitEmpty();
            }
            return Mono.firstWithSignal(
                            allClosed.asMono(),
                            Mono.delay(bound, timer).then(Mono.fromRunnable(() -> door.each(Watched::cut))))
                    .then(Mono.firstWithSignal(
                            allClosed.asMono(), Mono.delay(LAST_CLOSES, timer).then()))
                    .doFinally(end -> stop());
        });
    }

    private void stop() {
        door.stopClocks();
        if (door.certificates != null) {
            door.certificates.stop();
        }
    }

    private static InetSocketAddress resolve(DoorConfig config) {
        try {
            return new InetSocketAddress(InetAddress.getByName(config.host()), config.port());
        } catch (UnknownHostException e) {
            throw new ListenException("listen: " + config.host() + " is no address of this machine", e);
        }
    }

    private static String reasonOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
            if (text.contains("already in use")) {
                return "is in use";
            }
            if (text.contains("permission denied")) {
                return "is not permitted";
            }
            if (text.contains("cannot assign") || text.contains("can't assign")) {
                return "is no address of this machine";
            }
        }
        return "cannot be opened";
    }
}
