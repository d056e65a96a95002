package io.headgate.gateway.demo;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.EventExecutor;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** One HTTP request and the response to it. */
final class HttpExchange {
    private final HttpServerRequest request;
    private final HttpServerResponse response;

    HttpExchange(HttpServerRequest request, HttpServerResponse response) {
        this.request = request;
        this.response = response;
    }

    HttpServerRequest request() {
        return request;
    }

    HttpServerResponse response() {
        return response;
    }

    HttpHeaders headers() {
        return request.requestHeaders();
    }

    EventExecutor loop() {
        AtomicReference<@Nullable EventExecutor> loop = new AtomicReference<>();
        request.withConnection(connection -> loop.set(connection.channel().eventLoop()));
        return Objects.requireNonNull(loop.get());
    }
}
