package io.headgate.gateway.demo;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.ByteArrayOutputStream;
import java.util.Locale;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;

/** The HTTP side: refuses what is no MCP request, and hands the others to the dialect that they claim to speak. */
final class DemoHttp {
    static final String PATH = "/mcp";

    private static final int MAX_BODY = 16 * 1024 * 1024;
    private static final byte[] NOTHING = {};

    private final Era era;
    private final HostCheck hosts;
    private final StatelessDialect modern;
    private final SessionDialect legacy;

    DemoHttp(Era era, HostCheck hosts, StatelessDialect modern, SessionDialect legacy) {
        this.era = era;
        this.hosts = hosts;
        this.modern = modern;
        this.legacy = legacy;
    }

    Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        HttpExchange http = new HttpExchange(request, response);
        if (!hosts.accepts(http.headers())) {
            return refuse(http, 403, "Forbidden: Host or Origin is not allowed");
        }
        if (!request.fullPath().equals(PATH)) {
            return refuse(http, 404, "Not Found: the endpoint is " + PATH);
        }
        HttpMethod method = request.method();
        if (method.equals(HttpMethod.POST)) {
            return post(http);
        }
        if (era != Era.MODERN && method.equals(HttpMethod.GET)) {
            return SessionDialect.acceptsEventStream(http.headers())
                    ? legacy.get(http)
                    : refuse(http, 406, "Not Acceptable: Client must accept text/event-stream");
        }
        if (era != Era.MODERN && method.equals(HttpMethod.DELETE)) {
            return legacy.delete(http);
        }
        response.header(HttpHeaderNames.ALLOW, era == Era.MODERN ? "POST" : "GET, POST, DELETE");
        return refuse(http, 405, "Method not allowed");
    }

    private Publisher<Void> post(HttpExchange http) {
        HttpHeaders headers = http.headers();
        if (!acceptsBoth(headers.get(HttpHeaderNames.ACCEPT, ""))) {
            return refuse(http, 406, "Not Acceptable: Client must accept both application/json and text/event-stream");
        }
        if (!isJson(headers.get(HttpHeaderNames.CONTENT_TYPE, ""))) {
            return refuse(http, 415, "Unsupported Media Type: Content-Type must be application/json");
        }
        if (declaredLength(headers) > MAX_BODY) {
            return refuse(http, 413, "Payload Too Large");
        }
        return body(http)
                .flatMap(body -> Mono.from(dispatch(http, body)))
                .onErrorResume(TooLarge.class, tooLarge -> Mono.from(refuse(http, 413, "Payload Too Large")));
    }

    private static long declaredLength(HttpHeaders headers) {
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
        return length == null ? 0 : Long.parseLong(length);
    }

    private static Mono<byte[]> body(HttpExchange http) {
        if (http.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
            return http.request().receive().aggregate().asByteArray().defaultIfEmpty(NOTHING);
        }
        return http.request()
                .receive()
                .asByteArray()
                .collect(ByteArrayOutputStream::new, DemoHttp::collect)
                .map(ByteArrayOutputStream::toByteArray);
    }

    private static void collect(ByteArrayOutputStream body, byte[] part) {
        if (body.size() + part.length > MAX_BODY) {
            throw new TooLarge();
        }
        body.writeBytes(part);
    }

    private Publisher<Void> dispatch(HttpExchange http, byte[] body) {
        JsonNode json;
        try {
            json = Json.parse(body);
        } catch (JacksonException malformed) {
            return refuse(http, new RpcFailure(400, RpcFailure.PARSE, "Parse error"));
        }
        boolean claimed = ModernEnvelope.claimed(http.headers(), json);
        return switch (era) {
            case MODERN -> modern.answer(http, body, json);
            case LEGACY -> legacy.post(http, body, json);
            case BOTH -> claimed ? modern.answer(http, body, json) : legacy.post(http, body, json);
        };
    }

    private Publisher<Void> refuse(HttpExchange http, int status, String message) {
        return refuse(http, new RpcFailure(status, RpcFailure.LEGACY_TRANSPORT, message));
    }

    /** The legacy era says null where the modern one leaves an unknown id out. */
    private Publisher<Void> refuse(HttpExchange http, RpcFailure failure) {
        boolean claimed = era != Era.LEGACY && ModernEnvelope.claimed(http.headers(), NullNode.getInstance());
        JsonNode id = era == Era.MODERN || claimed ? null : NullNode.getInstance();
        return HttpAnswers.json(http.response(), Event.failure(id, failure));
    }

    private static final class TooLarge extends RuntimeException {
        TooLarge() {
            super(null, null, false, false);
        }
    }

    private static boolean acceptsBoth(String accept) {
        return accept.contains("*/*") || (accept.contains("application/json") && accept.contains("text/event-stream"));
    }

    private static boolean isJson(String contentType) {
        String type = contentType.toLowerCase(Locale.ROOT);
        return type.startsWith("application/json")
                && (type.length() == "application/json".length() || "; ".indexOf(type.charAt(16)) >= 0);
    }
}
