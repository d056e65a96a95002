package io.headgate.gateway.admin;

import io.headgate.gateway.config.Address;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.json.JsonMapper;

/**
 * The port for the people who run the gateway: they read, and change nothing.
 *
 * <p>It has a thread of its own, so that it answers while the gateway is at its limit.
 */
public final class AdminServer {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final String INDEX = """
            Headgate
            /healthz  200 while the process is up
            /readyz   200 while clients can be served
            /metrics  for Prometheus
            /state    everything at a glance, as JSON
            """;

    private final JsonMapper json = new JsonMapper();
    private final StateReport report;
    private final PrometheusMeterRegistry meters;
    private final LoopResources loops = LoopResources.create("headgate-admin", 1, /* daemon= */ true);
    private final DisposableServer server;
    private final boolean isLoopback;

    private AdminServer(Address address, StateReport report, PrometheusMeterRegistry meters) {
        this.report = report;
        this.meters = meters;
        InetSocketAddress wanted = address.host().isEmpty()
                ? new InetSocketAddress(address.port())
                : new InetSocketAddress(address.host(), address.port());
        this.isLoopback = !wanted.isUnresolved() && wanted.getAddress().isLoopbackAddress();
        try {
            server = HttpServer.create()
                    .bindAddress(() -> wanted)
                    .runOn(loops, /* preferNative= */ false)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .idleTimeout(Duration.ofSeconds(30))
                    .requestTimeout(PATIENCE)
                    .readTimeout(PATIENCE)
                    .handle(this::handle)
                    .bindNow();
        } catch (RuntimeException notBound) {
            loops.dispose();
            throw new AdminException("admin: " + address + " " + reason(wanted, notBound), notBound);
        }
    }

    /** Listens when it returns; throws an {@link AdminException} if that cannot be. */
    public static AdminServer start(Address address, StateReport report, PrometheusMeterRegistry meters) {
        return new AdminServer(address, report, meters);
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) server.address();
    }

    /** Ends when the port is free: the selector lets go of it only when its loop ends. */
    public Mono<Void> stop() {
        return Mono.fromRunnable(server::dispose)
                .then(server.onDispose())
                .timeout(PATIENCE)
                .onErrorComplete()
                .then(loops.disposeLater(Duration.ZERO, PATIENCE));
    }

    private Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        if (!isAllowed(request.requestHeaders().get(HttpHeaderNames.HOST))) {
            return answer(response, HttpResponseStatus.FORBIDDEN, TEXT, "host not allowed\n");
        }
        String path = "/" + request.path();
        return switch (path) {
            case "/", "/healthz", "/readyz", "/metrics", "/state" ->
                request.method().equals(HttpMethod.GET) ? get(path, response) : onlyGet(response);
            default -> answer(response, HttpResponseStatus.NOT_FOUND, TEXT, "not found\n");
        };
    }

    private Publisher<Void> get(String path, HttpServerResponse response) {
        return switch (path) {
            case "/healthz" -> answer(response, HttpResponseStatus.OK, TEXT, "ok\n");
            case "/readyz" ->
                report.isReady()
                        ? answer(response, HttpResponseStatus.OK, TEXT, "ready\n")
                        : answer(response, HttpResponseStatus.SERVICE_UNAVAILABLE, TEXT, "not ready\n");
            case "/metrics" -> answer(response, HttpResponseStatus.OK, PROMETHEUS, meters.scrape());
            case "/state" -> answer(response, HttpResponseStatus.OK, JSON, json.writeValueAsString(report.state()));
            default -> answer(response, HttpResponseStatus.OK, TEXT, INDEX);
        };
    }

    private static Publisher<Void> onlyGet(HttpServerResponse response) {
        return answer(
                response.header(HttpHeaderNames.ALLOW, "GET"),
                HttpResponseStatus.METHOD_NOT_ALLOWED,
                TEXT,
                "only GET\n");
    }

    private static Publisher<Void> answer(
            HttpServerResponse response, HttpResponseStatus status, String type, String body) {
        return response.status(status)
                .header(HttpHeaderNames.CONTENT_TYPE, type)
                .header(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .header("X-Content-Type-Options", "nosniff")
                .sendString(Mono.just(body));
    }

    /** A page on the web that gives its own name the loopback address must not read what is here. */
    private boolean isAllowed(@Nullable String host) {
        if (!isLoopback) {
            return true;
        }
        if (host == null) {
            return false;
        }
        int port = host.lastIndexOf(':');
        String name = port > host.lastIndexOf(']') ? host.substring(0, port) : host;
        return LOOPBACK_NAMES.contains(name.toLowerCase(Locale.ROOT));
    }

    private static String reason(InetSocketAddress wanted, Throwable notBound) {
        if (wanted.isUnresolved()) {
            return "is no address of this machine";
        }
        for (Throwable cause = notBound; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                return "cannot be listened on: " + cause.getMessage();
            }
        }
        return "cannot be listened on";
    }

    /** The port could not be opened; the message says where and why, on one line. */
    public static final class AdminException extends RuntimeException {
        AdminException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
