package io.headgate.gateway.admin;

import io.headgate.filter.Secret;
import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.AdminConfig;
import io.headgate.gateway.generation.PolicyFile;
import io.headgate.gateway.http.DoorNames;
import io.headgate.gateway.telemetry.Fatal;
import io.headgate.gateway.telemetry.MeterNames;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.json.JsonMapper;

/**
 * The port for the people who run the gateway: a GET shows, and only a POST changes something.
 *
 * <p>It has a thread of its own, so that it answers while the gateway is at its limit.
 */
public final class AdminServer {
    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String YAML = "application/yaml";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String BEARER = "Bearer ";
    private static final String INDEX = """
            Headgate
            /healthz  200 while the process is up
            /readyz   200 while clients can be served
            /metrics  for Prometheus
            /state    everything at a glance, as JSON
            /config   the file as it is in force, with all defaults and without secrets; ?format=yaml for people
            /reload   POST: read the file again, and say what came of it
            """;

    private final JsonMapper json = new JsonMapper();
    private final StateReport report;
    private final @Nullable PolicyFile policyFile;
    private final PrometheusMeterRegistry meters;
    private final LoopResources loops = LoopResources.create("headgate-admin", 1, /* daemon= */ true);
    private final DisposableServer server;
    private final DoorNames names;
    private final byte @Nullable [] token;

    private AdminServer(
            AdminConfig config,
            InetSocketAddress wanted,
            StateReport report,
            @Nullable PolicyFile policyFile,
            PrometheusMeterRegistry meters) {
        Secret secret = config.token();
        this.report = report;
        this.policyFile = policyFile;
        this.meters = meters;
        this.token = secret == null ? null : digest(secret.value());
        this.names = DoorNames.ofAdmin(config.allowedHosts(), wanted);
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
            throw new AdminException("admin: " + config.listen() + " " + reason(notBound), notBound);
        }
        Fatal.watch(loops.onServer(/* useNative= */ false), loops::isDisposed);
    }

    /**
     * Listens when it returns; throws an {@link AdminException} if that cannot be.
     *
     * @param policyFile null if the gateway follows no file
     */
    public static AdminServer start(
            AdminConfig config, StateReport report, @Nullable PolicyFile policyFile, PrometheusMeterRegistry meters) {
        return new AdminServer(config, wanted(config), report, policyFile, meters);
    }

    private static InetSocketAddress wanted(AdminConfig config) {
        Address address = config.listen();
        InetSocketAddress wanted = address.host().isEmpty()
                ? new InetSocketAddress(address.port())
                : new InetSocketAddress(address.host(), address.port());
        if (wanted.isUnresolved()) {
            throw new AdminException("admin: " + address + " is no address of this machine", null);
        }
        // The file was checked, but what localhost is only this machine knows.
        if (config.token() == null && !wanted.getAddress().isLoopbackAddress()) {
            throw new AdminException("admin: " + address + " is no loopback address (expected: admin.token)", null);
        }
        return wanted;
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
        try {
            return answer(request, response);
        } catch (RuntimeException | LinkageError unforeseen) {
            LOG.error("The admin port cannot answer {}", request.path(), unforeseen);
            return answer(request, response, HttpResponseStatus.INTERNAL_SERVER_ERROR, TEXT, "see the log\n");
        }
    }

    private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        String wrong = wrongWithNames(request);
        if (wrong != null) {
            return refuse(request, response, HttpResponseStatus.FORBIDDEN, wrong, wrong + " not allowed\n");
        }
        String path = "/" + request.path();
        // An orchestrator asks these two and has no token for them; they tell one word.
        boolean isProbe = path.equals("/healthz") || path.equals("/readyz");
        if (!isProbe && !showsToken(request)) {
            response.header(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"headgate-admin\"");
            return refuse(request, response, HttpResponseStatus.UNAUTHORIZED, "token", "the token is needed\n");
        }
        return switch (path) {
            case "/", "/healthz", "/readyz", "/metrics", "/state", "/config" -> read(path, request, response);
            case "/reload" -> act(request, response);
            default -> answer(request, response, HttpResponseStatus.NOT_FOUND, TEXT, "not found\n");
        };
    }

    /** A page on the web that gives its own name this address must not read what is here, nor write by a form. */
    private @Nullable String wrongWithNames(HttpServerRequest request) {
        List<String> hosts = request.requestHeaders().getAll(HttpHeaderNames.HOST);
        if (hosts.size() != 1) {
            return "host";
        }
        String host = hosts.get(0);
        InetSocketAddress local = request.hostAddress();
        if (!names.allowsHost(host) && (local == null || !DoorNames.isAddress(host, local))) {
            return "host";
        }
        for (String origin : request.requestHeaders().getAll(HttpHeaderNames.ORIGIN)) {
            if (!DoorNames.isSameOrigin(origin, host)) {
                return "origin";
            }
        }
        return null;
    }

    private boolean showsToken(HttpServerRequest request) {
        byte[] expected = token;
        if (expected == null) {
            return true;
        }
        List<String> shown = request.requestHeaders().getAll(HttpHeaderNames.AUTHORIZATION);
        return shown.size() == 1
                && shown.get(0).regionMatches(true, 0, BEARER, 0, BEARER.length())
                && MessageDigest.isEqual(expected, digest(shown.get(0).substring(BEARER.length())));
    }

    private Publisher<Void> read(String path, HttpServerRequest request, HttpServerResponse response) {
        boolean reads =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        if (!reads) {
            response.header(HttpHeaderNames.ALLOW, "GET, HEAD");
            return refuse(request, response, HttpResponseStatus.METHOD_NOT_ALLOWED, "method", "only GET and HEAD\n");
        }
        return get(path, request, response);
    }

    private Publisher<Void> act(HttpServerRequest request, HttpServerResponse response) {
        if (!request.method().equals(HttpMethod.POST)) {
            response.header(HttpHeaderNames.ALLOW, "POST");
            return refuse(request, response, HttpResponseStatus.METHOD_NOT_ALLOWED, "method", "only POST\n");
        }
        PolicyFile file = policyFile;
        if (file == null) {
            String why = "this gateway was started without a file (expected: headgate run -c FILE)\n";
            return answer(request, response, HttpResponseStatus.CONFLICT, TEXT, why);
        }
        // What a client sends along is thrown away: there is nothing to choose.
        return request.receive()
                .then(file.reload("POST /reload"))
                .publishOn(Schedulers.fromExecutor(loops.onServer(/* useNative= */ false)))
                .flatMap(outcome -> Mono.from(answer(
                        request,
                        response,
                        outcome.applied() ? HttpResponseStatus.OK : HttpResponseStatus.UNPROCESSABLE_ENTITY,
                        JSON,
                        json.writeValueAsString(outcome))));
    }

    private Publisher<Void> refuse(
            HttpServerRequest request,
            HttpServerResponse response,
            HttpResponseStatus status,
            String reason,
            String body) {
        meters.counter(MeterNames.ADMIN_REJECTED, "reason", reason).increment();
        return answer(request, response, status, TEXT, body);
    }

    private Publisher<Void> get(String path, HttpServerRequest request, HttpServerResponse response) {
        return switch (path) {
            case "/healthz" -> answer(request, response, HttpResponseStatus.OK, TEXT, "ok\n");
            case "/readyz" ->
                report.isReady()
                        ? answer(request, response, HttpResponseStatus.OK, TEXT, "ready\n")
                        : answer(request, response, HttpResponseStatus.SERVICE_UNAVAILABLE, TEXT, "not ready\n");
            case "/metrics" -> answer(request, response, HttpResponseStatus.OK, PROMETHEUS, meters.scrape());
            case "/state" ->
                answer(request, response, HttpResponseStatus.OK, JSON, json.writeValueAsString(report.state()));
            case "/config" ->
                wantsYaml(request)
                        ? answer(request, response, HttpResponseStatus.OK, YAML, report.configText())
                        : answer(
                                request,
                                response,
                                HttpResponseStatus.OK,
                                JSON,
                                json.writeValueAsString(report.config()));
            default -> answer(request, response, HttpResponseStatus.OK, TEXT, INDEX);
        };
    }

    private static boolean wantsYaml(HttpServerRequest request) {
        return request.uri().endsWith("?format=yaml");
    }

    private static Publisher<Void> answer(
            HttpServerRequest request,
            HttpServerResponse response,
            HttpResponseStatus status,
            String type,
            String body) {
        response.status(status)
                .header(HttpHeaderNames.CONTENT_TYPE, type)
                .header(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .header("X-Content-Type-Options", "nosniff");
        if (request.method().equals(HttpMethod.HEAD)) {
            int length = body.getBytes(StandardCharsets.UTF_8).length;
            return response.header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(length))
                    .send();
        }
        return response.sendString(Mono.just(body));
    }

    /** Texts of any length are compared in the same time by their digests. */
    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every platform has SHA-256", impossible);
        }
    }

    private static String reason(Throwable notBound) {
        for (Throwable cause = notBound; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                return "cannot be listened on: " + cause.getMessage();
            }
        }
        return "cannot be listened on";
    }

    /** The port could not be opened; the message says where and why, on one line. */
    public static final class AdminException extends RuntimeException {
        AdminException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
