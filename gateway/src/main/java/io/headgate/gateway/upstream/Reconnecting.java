package io.headgate.gateway.upstream;

import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A stream that is opened again whenever it ends, after a random pause that grows while nothing gets through.
 *
 * <p>What was missed in between is unknown, so each new connection, once acknowledged, begins with what the owner says
 * for that case. The acknowledgement itself is consumed here. A server that does not offer the stream is not asked again.
 */
final class Reconnecting {
    private static final long MIN_MILLIS = 1_000;
    private static final long MAX_MILLIS = 60_000;
    private static final int MAX_DOUBLINGS = 6;

    private volatile boolean offered = true;
    private volatile boolean connectedBefore;
    private volatile int failures;

    private Reconnecting() {}

    /** The stream of a connection, opened again and again. */
    static Flux<JsonRpc> of(Function<Reconnecting, Flux<JsonRpc>> connect, Supplier<Flux<JsonRpc>> afterGap) {
        return Flux.defer(() -> {
            Reconnecting owner = new Reconnecting();
            return Flux.defer(() -> owner.connect(connect, afterGap))
                    .repeatWhen(ends -> ends.concatMap(end -> Mono.delay(owner.pause())));
        });
    }

    /** The server took the stream. */
    void connected() {
        failures = 0;
        connectedBefore = true;
    }

    /** The server says that it has no such stream. */
    void notOffered() {
        offered = false;
    }

    private Flux<JsonRpc> connect(Function<Reconnecting, Flux<JsonRpc>> connect, Supplier<Flux<JsonRpc>> afterGap) {
        boolean gap = connectedBefore;
        return connect.apply(this)
                .onErrorResume(Refusal.class, refused -> Flux.empty())
                .concatMap(message -> gap && isAcknowledgement(message) ? afterGap.get() : Flux.just(message))
                .concatWith(Flux.defer(() -> offered ? Flux.empty() : Flux.never()));
    }

    private static boolean isAcknowledgement(JsonRpc message) {
        return message instanceof JsonRpc.Notification notification
                && notification.method().equals(Methods.ACKNOWLEDGED);
    }

    private Duration pause() {
        int doublings = Math.min(failures, MAX_DOUBLINGS);
        failures = Math.min(failures + 1, MAX_DOUBLINGS);
        long most = Math.min(MAX_MILLIS, (2 * MIN_MILLIS) << doublings);
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(MIN_MILLIS, most + 1));
    }
}
