package io.headgate.filter.ratelimit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;

/** Asks the Redis of shared limits whether it is there, before anything depends on it. */
public final class SharedProbe {
    private SharedProbe() {}

    /** Ends well if it lets this configuration in and answers in time. */
    public static Mono<Void> ask(RateLimitConfig config, Duration patience) {
        RedisURI uri = RateLimitConfig.uri(Objects.requireNonNull(config.shared()));
        uri.setTimeout(patience);
        return Mono.usingWhen(
                        Mono.fromSupplier(() -> client(uri, patience)),
                        client -> Mono.fromCompletionStage(() -> client.connectAsync(ByteArrayCodec.INSTANCE, uri))
                                .flatMap(connection -> Mono.fromCompletionStage(
                                        () -> connection.async().ping())),
                        client -> Mono.fromCompletionStage(() -> client.shutdownAsync(0, 1, TimeUnit.SECONDS)))
                .timeout(patience)
                .then();
    }

    private static RedisClient client(RedisURI uri, Duration patience) {
        RedisClient client = RedisClient.create(uri);
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .socketOptions(SocketOptions.builder().connectTimeout(patience).build())
                .build());
        return client;
    }
}
