package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * What holds for as long as a session lasts: the log level, the subscriptions, and whether it has a stream.
 *
 * <p>A server forgets all that with the session, so it is kept here for the session that takes the place of a lost one.
 */
final class SessionSettings {
    private static final int MOST_SUBSCRIPTIONS = 1_000;

    private final Set<String> subscriptions = ConcurrentHashMap.newKeySet();
    private volatile @Nullable String level;
    private volatile boolean hasStream;

    /** The same call, whose success is remembered if it changes what holds for the client's session. */
    Flux<JsonRpc> remembering(Exchange exchange, Flux<JsonRpc> call) {
        return switch (exchange.method()) {
            case Methods.SET_LEVEL ->
                call.doOnNext(message -> {
                    if (message instanceof JsonRpc.Success) {
                        level = exchange.message().envelope().string(Member.LEVEL);
                    }
                });
            case Methods.RESOURCES_SUBSCRIBE -> subscribing(exchange.target().name(), call);
            case Methods.RESOURCES_UNSUBSCRIBE ->
                call.doOnNext(message -> {
                    if (message instanceof JsonRpc.Success) {
                        subscriptions.remove(exchange.target().name());
                    }
                });
            default -> call;
        };
    }

    private Flux<JsonRpc> subscribing(String uri, Flux<JsonRpc> call) {
        if (subscriptions.size() >= MOST_SUBSCRIPTIONS && !subscriptions.contains(uri)) {
            return Flux.error(new Refusal(Refusal.Reason.RATE_LIMITED, "too many subscriptions of one session"));
        }
        return call.doOnNext(message -> {
            if (message instanceof JsonRpc.Success) {
                subscriptions.add(uri);
            }
        });
    }

    List<String> subscriptions() {
        return List.copyOf(subscriptions);
    }

    boolean isSubscribed() {
        return !subscriptions.isEmpty();
    }

    @Nullable
    String level() {
        return level;
    }

    void level(@Nullable String set) {
        level = set;
    }

    boolean hasStream() {
        return hasStream;
    }

    void withStream() {
        hasStream = true;
    }
}
