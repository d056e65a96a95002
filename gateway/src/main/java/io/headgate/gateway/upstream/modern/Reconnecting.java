package io.headgate.gateway.upstream.modern;

import io.headgate.filter.Refusal;
import io.headgate.gateway.upstream.UpstreamMeters.Renewed;
import io.headgate.gateway.upstream.net.Backoff;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;

/**
 * A stream that is opened again whenever it ends: when the server is back if it was away, else after a random pause that
 * grows while nothing gets through.
 *
 * <p>What was missed in between is unknown, so each new connection, once acknowledged, begins with what the owner says
 * for that case. The acknowledgement itself is consumed here. A server that never offered the stream is not asked again.
 */
final class Reconnecting {
    private final HttpClient client;
    private final boolean servesMany;
    private final Backoff attempts = new Backoff();
    private volatile boolean offered = true;
    private volatile boolean connectedBefore;

    private Reconnecting(HttpClient client, boolean servesMany) {
        this.client = client;
        this.servesMany = servesMany;
    }

    /** The stream of a connection, opened again and again, before those of single clients if it serves many. */
    static Flux<JsonRpc> of(
            HttpClient client,
            boolean servesMany,
            Function<Reconnecting, Flux<JsonRpc>> connect,
            Supplier<Flux<JsonRpc>> afterGap) {
        return Flux.defer(() -> {
            Reconnecting owner = new Reconnecting(client, servesMany);
            return Flux.defer(() -> owner.connect(connect, afterGap))
                    .repeatWhen(ends -> ends.concatMap(end ->
                            client.returns().turn(owner.attempts, servesMany).thenReturn(end)));
        });
    }

    /** The server took the stream. */
    void connected() {
        attempts.begins();
        if (connectedBefore) {
            client.meters().renewed(Renewed.STREAM);
            if (servesMany) {
                client.returns().works();
            }
        }
        connectedBefore = true;
    }

    /** The server says that it has no such stream; one that had it before is only not itself. */
    void notOffered() {
        offered = connectedBefore;
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
}
