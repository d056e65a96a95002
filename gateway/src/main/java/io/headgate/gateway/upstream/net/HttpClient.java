package io.headgate.gateway.upstream.net;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;

/** A plain Netty HTTP client for one upstream: its connections are pooled per event loop, and a call never changes loops. */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
public final class HttpClient {
    static final int MAX_HEADER_BYTES = 16 * 1024;
    static final HttpDecoderConfig DECODER = new HttpDecoderConfig()
            .setMaxInitialLineLength(4096)
            .setMaxHeaderSize(MAX_HEADER_BYTES)
            .setMaxChunkSize(64 * 1024)
            .setUseRfc9112TransferEncoding(true);

    private final UpstreamLimits limits;
    private final UpstreamMeters meters;
    private final HeldSecrets secrets;
    private final ReturnWatch returns = new ReturnWatch(Schedulers.parallel());
    private final URI url;
    private final boolean isTls;
    private final boolean h2PriorKnowledge;
    private final String host;
    private final int port;
    private final RequestHeads heads;
    private final @Nullable String deadlineHeader;
    private final @Nullable SslContext tls;
    private final Class<? extends SocketChannel> channelType;
    private final AddressResolverGroup<?> resolver;
    private final InetSocketAddress address;
    private final List<LoopPool> pools = new ArrayList<>();
    private final Map<Thread, LoopPool> poolOfThread = new ConcurrentHashMap<>();
    private final AtomicInteger turn = new AtomicInteger();
    private volatile boolean closed;

    public HttpClient(UpstreamConfig config, LoopResources loops, UpstreamMeters meters) {
        this.limits = config.limits();
        this.meters = meters;
        this.secrets = HeldSecrets.of(config.headers());
        meters.countWaiting(returns::waiting);
        this.url = config.url();
        this.isTls = "https".equalsIgnoreCase(url.getScheme());
        this.h2PriorKnowledge = config.http2PriorKnowledge();
        String named = url.getHost();
        if (named == null || !(isTls || "http".equalsIgnoreCase(url.getScheme()))) {
            throw new IllegalArgumentException("url: " + url + " (expected: http:// or https:// and a host)");
        }
        this.host = named.startsWith("[") ? named.substring(1, named.length() - 1) : named;
        this.port = url.getPort() >= 0 ? url.getPort() : isTls ? 443 : 80;
        this.deadlineHeader = config.deadlineHeader();
        this.tls = isTls ? TlsNegotiation.context(config.trustFile()) : null;
        EventLoopGroup group = loops.onServer(LoopResources.DEFAULT_NATIVE);
        this.channelType = loops.onChannelClass(SocketChannel.class, group);
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        this.address = literal == null ? InetSocketAddress.createUnresolved(host, port) : literal(literal);
        this.resolver = literal == null ? names(config, loops, group) : NoopAddressResolverGroup.INSTANCE;
        String bracketed = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        this.heads = new RequestHeads(config, port == (isTls ? 443 : 80) ? bracketed : bracketed + ":" + port);
        List<EventLoop> eventLoops = new ArrayList<>();
        for (EventExecutor executor : group) {
            eventLoops.add((EventLoop) executor);
        }
        for (int i = 0; i < eventLoops.size(); i++) {
            pools.add(new LoopPool(this, eventLoops.get(i), i, eventLoops.size()));
        }
    }

    private static AddressResolverGroup<?> names(UpstreamConfig config, LoopResources loops, EventLoopGroup group) {
        DnsAddressResolverGroup names = new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                .datagramChannelType(loops.onChannelClass(DatagramChannel.class, group))
                .queryTimeoutMillis(config.limits().connectTimeout().toMillis()));
        return config.isLinkLocal() ? names : new LinkLocalGuard(names);
    }

    /** The pool of the event loop that this thread is; another thread gets one in turn. */
    LoopPool pool() {
        LoopPool pool = poolOfThread.get(Thread.currentThread());
        return pool != null ? pool : find();
    }

    public UpstreamLimits limits() {
        return limits;
    }

    public UpstreamMeters meters() {
        return meters;
    }

    /** Says when lost sessions and streams may be set up again. */
    public ReturnWatch returns() {
        return returns;
    }

    public URI url() {
        return url;
    }

    RequestHeads heads() {
        return heads;
    }

    /** Adds how long somebody still waits for the answer, for servers that want to know. */
    public OutgoingRequest withDeadline(OutgoingRequest request, Exchange exchange) {
        String header = deadlineHeader;
        if (header != null && exchange.hasDeadline()) {
            long left = TimeUnit.NANOSECONDS.toMillis(exchange.deadline() - System.nanoTime());
            if (left > 0) {
                request.with(header, Long.toString(left));
            }
        }
        return request;
    }

    /** Takes out of a message what the gateway holds for this server. */
    public void mask(byte[] message, int length) {
        if (secrets.mask(message, length)) {
            meters.count(UpstreamFault.SECRET_ECHOED);
        }
    }

    boolean isClosed() {
        return closed;
    }

    boolean isH2Certain() {
        return h2PriorKnowledge;
    }

    boolean isPlainH1() {
        return !isTls && !h2PriorKnowledge;
    }

    Bootstrap bootstrap(EventLoop loop) {
        return new Bootstrap()
                .group(loop)
                .channel(channelType)
                .resolver(resolver)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        limits.connectTimeout().toMillis());
    }

    ChannelFuture connect(Bootstrap bootstrap) {
        return bootstrap.connect(address);
    }

    /** Makes the pipeline up to where it is known which HTTP is spoken. */
    void setUp(LoopPool pool, LoopPool.Attempt attempt, Channel channel) {
        SslContext context = tls;
        if (context == null) {
            if (h2PriorKnowledge) {
                H2Connection.setUp(pool, attempt, channel);
            }
            return;
        }
        SslHandler handler = context.newHandler(channel.alloc(), host, port);
        handler.setHandshakeTimeout(limits.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
        channel.pipeline().addLast(handler).addLast(new TlsNegotiation(pool, attempt));
    }

    static UpstreamFault faultOf(Throwable cause) {
        if (cause instanceof ConnectTimeoutException) {
            return UpstreamFault.CONNECT_TIMEOUT;
        }
        return cause instanceof UnknownHostException ? UpstreamFault.RESOLVE : UpstreamFault.CONNECT;
    }

    public Mono<Void> close() {
        return Mono.fromRunnable(() -> {
            closed = true;
            returns.close();
            for (LoopPool pool : pools) {
                if (!pool.loop.isShuttingDown()) {
                    pool.loop.execute(pool::close);
                }
            }
            if (resolver != NoopAddressResolverGroup.INSTANCE) {
                resolver.close();
            }
        });
    }

    private LoopPool find() {
        for (LoopPool pool : pools) {
            if (pool.loop.inEventLoop()) {
                poolOfThread.put(Thread.currentThread(), pool);
                return pool;
            }
        }
        return pools.get(Math.floorMod(turn.getAndIncrement(), pools.size()));
    }

    private InetSocketAddress literal(byte[] bytes) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException impossible) {
            throw new IllegalArgumentException("url: " + url + " (expected: a valid address)", impossible);
        }
    }
}
