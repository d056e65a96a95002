package io.headgate.gateway.upstream.net;

import io.headgate.filter.Exchange;
import io.headgate.gateway.telemetry.Fatal;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.OutgoingRequest.Method;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.ssl.SslProvider;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
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

    /** What the gateway says itself, or must not say at all. */
    private static final Set<String> COMPUTED = Set.of(
            "host",
            "connection",
            "keep-alive",
            "content-length",
            "transfer-encoding",
            "content-type",
            "accept",
            "accept-encoding",
            "last-event-id",
            "te",
            "upgrade",
            "proxy-connection");

    private final UpstreamLimits limits;
    private final UpstreamMeters meters;
    private final HeldSecrets secrets;
    private final ReturnWatch returns = new ReturnWatch(Schedulers.parallel());
    private final URI url;
    private final boolean isTls;
    private final boolean h2PriorKnowledge;
    private final String host;
    private final int port;
    private final String path;
    private final @Nullable String deadlineHeader;
    private final @Nullable SslContext tls;
    private final Class<? extends SocketChannel> channelType;
    private final AddressResolverGroup<?> resolver;
    private final InetSocketAddress address;
    private final Map<Method, byte[]> heads = new EnumMap<>(Method.class);
    private final Map<Method, Map<String, String>> fields = new EnumMap<>(Method.class);
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
        this.path = pathOf(url);
        this.deadlineHeader = config.deadlineHeader();
        this.tls = isTls ? tls(config.trustFile()) : null;
        EventLoopGroup group = loops.onServer(LoopResources.DEFAULT_NATIVE);
        this.channelType = loops.onChannelClass(SocketChannel.class, group);
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        this.address = literal == null ? InetSocketAddress.createUnresolved(host, port) : literal(literal);
        this.resolver = literal == null ? names(config, loops, group) : NoopAddressResolverGroup.INSTANCE;
        describeRequests(config);
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

    String path() {
        return path;
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

    /** The first lines of a request, the same each time but for requests that go to another path. */
    byte[] head(OutgoingRequest request) {
        String elsewhere = request.path();
        byte[] head = elsewhere == null ? heads.get(request.method()) : head(request.method(), elsewhere);
        if (head == null) {
            throw new IllegalStateException("no head for " + request.method());
        }
        return head;
    }

    private byte[] head(Method method, String to) {
        StringBuilder head = new StringBuilder(method.name() + " " + to + " HTTP/1.1\r\n");
        fixedFields(method)
                .forEach((name, value) -> head.append(oneLine(name))
                        .append(": ")
                        .append(oneLine(value))
                        .append("\r\n"));
        return head.toString().getBytes(StandardCharsets.UTF_8);
    }

    Map<String, String> fixedFields(Method method) {
        return fields.getOrDefault(method, Map.of());
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
        channel.pipeline().addLast(handler).addLast(new Negotiation(pool, attempt));
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

    private void describeRequests(UpstreamConfig config) {
        String named = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        String authority = port == (isTls ? 443 : 80) ? named : named + ":" + port;
        for (Method method : Method.values()) {
            Map<String, String> fixed = new LinkedHashMap<>();
            fixed.put("host", authority);
            fixed.put("accept", method == Method.GET ? "text/event-stream" : "application/json, text/event-stream");
            if (method == Method.POST) {
                fixed.put("content-type", "application/json");
            }
            config.headers().forEach((name, value) -> {
                String lower = name.toLowerCase(Locale.ROOT);
                if (!lower.startsWith("mcp-") && !COMPUTED.contains(lower)) {
                    fixed.put(lower, value);
                }
            });
            fields.put(method, fixed);
            heads.put(method, head(method, path));
        }
    }

    private static String oneLine(String text) {
        return text.replace('\r', ' ').replace('\n', ' ');
    }

    private static String pathOf(URI url) {
        String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        return url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
    }

    private InetSocketAddress literal(byte[] bytes) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException impossible) {
            throw new IllegalArgumentException("url: " + url + " (expected: a valid address)", impossible);
        }
    }

    private static SslContext tls(@Nullable String trustFile) {
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

    /** Goes on with HTTP/2 or HTTP/1.1 when TLS says which. */
    private final class Negotiation extends ApplicationProtocolNegotiationHandler {
        private final LoopPool pool;
        private final LoopPool.Attempt attempt;

        Negotiation(LoopPool pool, LoopPool.Attempt attempt) {
            super(ApplicationProtocolNames.HTTP_1_1);
            this.pool = pool;
            this.attempt = attempt;
        }

        @Override
        protected void configurePipeline(ChannelHandlerContext context, String protocol) {
            if (h2PriorKnowledge || ApplicationProtocolNames.HTTP_2.equals(protocol)) {
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
            attempt.failed(
                    cause instanceof SslHandshakeTimeoutException ? UpstreamFault.TLS_TIMEOUT : UpstreamFault.TLS);
            context.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            Fatal.check(cause);
            attempt.failed(UpstreamFault.TLS);
            context.close();
        }
    }
}
