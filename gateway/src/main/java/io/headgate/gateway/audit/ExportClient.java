package io.headgate.gateway.audit;

import io.headgate.filter.audit.ExportConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/** Posts batches to where records are sent, one at a time, on a thread of its own; follows no redirect. */
final class ExportClient {
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(5);
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final int MOST_ANSWER_BYTES = 64 * 1024;

    private final ExportConfig config;
    private final LoopResources loops = LoopResources.create("headgate-audit-export-http", 1, /* daemon= */ true);
    private final ConnectionProvider connections = ConnectionProvider.builder("headgate-audit-export")
            .maxConnections(1)
            .maxIdleTime(IDLE)
            .build();
    private final HttpClient http;

    ExportClient(ExportConfig config) {
        this.config = config;
        Duration connect = config.timeout().compareTo(LONGEST_CONNECT) < 0 ? config.timeout() : LONGEST_CONNECT;
        this.http = HttpClient.create(connections)
                .runOn(loops, /* preferNative= */ false)
                .followRedirect(false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(connect.toMillis()))
                .headers(this::fill);
    }

    private void fill(HttpHeaders headers) {
        headers.set(HttpHeaderNames.USER_AGENT, "Headgate");
        headers.set(HttpHeaderNames.CONTENT_TYPE, "application/x-ndjson");
        config.headers().forEach((name, secret) -> headers.set(name, secret.value()));
    }

    /** The status of the answer, as soon as all of it has come; what it says is not kept. */
    Mono<Integer> post(byte[] lines) {
        return http.post()
                .uri(config.url())
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(lines)))
                .response((response, body) -> body.map(ByteBuf::readableBytes)
                        .scan(0, Integer::sum)
                        .takeUntil(read -> read > MOST_ANSWER_BYTES)
                        .then(Mono.fromSupplier(() -> response.status().code())))
                .single()
                .timeout(config.timeout());
    }

    Mono<Void> close() {
        return connections.disposeLater().then(loops.disposeLater(Duration.ZERO, Duration.ofSeconds(1)));
    }
}
