package io.headgate.gateway.route;

import io.headgate.filter.Exchange;
import io.headgate.filter.Target;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The resources of one server that one session watches.
 *
 * <p>What a server without sessions is asked to watch cannot be changed, so each change opens a stream for all that is
 * watched then, and the one before it is closed a while after the new one was acknowledged: what it still brings may have
 * happened before, and to hear of an update twice does no harm.
 */
final class Watch {
    private static final Duration ACKNOWLEDGE_WITHIN = Duration.ofSeconds(5);
    private static final Duration OVERLAP = Duration.ofSeconds(1);

    private final Consumer<JsonRpc.Notification> updates;
    private final Scheduler timer;

    // All below is guarded by this.
    private Upstream upstream;
    /** In whose name is asked; null until something is watched. */
    private @Nullable Exchange latest;

    private final Set<String> wanted = new LinkedHashSet<>();
    private @Nullable Stream current;
    private final Set<Stream> streams = new HashSet<>();
    private long lastNumber;
    private boolean isClosed;

    /** Takes what is told of updates, with the URIs of the server. */
    Watch(Upstream upstream, Consumer<JsonRpc.Notification> updates, Scheduler timer) {
        this.upstream = upstream;
        this.updates = updates;
        this.timer = timer;
    }

    synchronized int size() {
        return wanted.size();
    }

    synchronized boolean isWatched(String uri) {
        return wanted.contains(uri);
    }

    /** Watches one more resource; says whether the server agreed, and fails if it did not say in time. */
    Mono<Boolean> add(Exchange exchange, String uri) {
        return Mono.defer(() -> {
            Stream stream;
            synchronized (this) {
                if (current != null && current.honoured.contains(uri) && wanted.contains(uri)) {
                    return Mono.just(true);
                }
                wanted.add(uri);
                latest = exchange;
                stream = new Stream(++lastNumber, List.copyOf(wanted));
                streams.add(stream);
            }
            stream.open(exchange);
            return stream.acknowledged
                    .asMono()
                    .timeout(ACKNOWLEDGE_WITHIN, timer)
                    .map(honoured -> honoured.contains(uri))
                    .doOnNext(agreed -> {
                        if (!agreed) {
                            forget(uri);
                        }
                    })
                    .doOnError(late -> giveUp(stream, uri))
                    .doOnCancel(() -> giveUp(stream, uri));
        });
    }

    /** Watches one resource less. */
    void remove(Exchange exchange, String uri) {
        Stream stream;
        synchronized (this) {
            if (!wanted.remove(uri) || isClosed) {
                return;
            }
            if (wanted.isEmpty()) {
                stop();
                return;
            }
            stream = new Stream(++lastNumber, List.copyOf(wanted));
            streams.add(stream);
        }
        stream.open(exchange);
    }

    /** Asks another server for all that is watched, because it has taken the place of the one before. */
    void moveTo(Upstream other) {
        Exchange exchange;
        Stream stream;
        synchronized (this) {
            exchange = latest;
            if (upstream == other) {
                return;
            }
            upstream = other;
            if (isClosed || wanted.isEmpty() || exchange == null) {
                return;
            }
            stream = new Stream(++lastNumber, List.copyOf(wanted));
            streams.add(stream);
        }
        stream.open(exchange);
    }

    void close() {
        synchronized (this) {
            isClosed = true;
            wanted.clear();
            stop();
        }
    }

    private synchronized void forget(String uri) {
        wanted.remove(uri);
        if (wanted.isEmpty()) {
            stop();
        }
    }

    private void giveUp(Stream stream, String uri) {
        end(stream);
        forget(uri);
    }

    private synchronized void stop() {
        streams.forEach(stream -> stream.subscription.dispose());
        streams.clear();
        current = null;
    }

    private synchronized void end(Stream stream) {
        streams.remove(stream);
        stream.subscription.dispose();
    }

    /** One stream of the server, for what was watched when it was opened. */
    private final class Stream {
        private final long number;
        private final List<String> uris;
        private final Disposable.Swap subscription = Disposables.swap();
        private final Sinks.One<Set<String>> acknowledged = Sinks.one();
        private volatile Set<String> honoured = Set.of();

        Stream(long number, List<String> uris) {
            this.number = number;
            this.uris = uris;
        }

        void open(Exchange exchange) {
            Upstream asked;
            synchronized (Watch.this) {
                asked = upstream;
            }
            Exchange there = exchange.withTarget(new Target(asked.name()));
            subscription.update(asked.listen(there, uris).subscribe(this::take, error -> none(), this::none));
        }

        private void none() {
            acknowledged.emitValue(Set.of(), (signal, result) -> false);
        }

        private void take(JsonRpc message) {
            if (!(message instanceof JsonRpc.Notification notification)) {
                return;
            }
            if (notification.method().equals(Methods.ACKNOWLEDGED)) {
                honoured = honoured(notification.params());
                begin();
                acknowledged.emitValue(honoured, (signal, result) -> false);
            } else if (notification.method().equals(Methods.RESOURCE_UPDATED) && isWanted(notification.params())) {
                updates.accept(notification);
            }
        }

        /** The newest acknowledged stream is the one that counts, whatever the order of the acknowledgements. */
        private void begin() {
            @Nullable Stream obsolete;
            synchronized (Watch.this) {
                Stream before = current;
                boolean isNewest = before == null || before.number < number;
                obsolete = isNewest ? before : this;
                if (isNewest && streams.contains(this)) {
                    current = this;
                }
            }
            if (obsolete != null) {
                var unused = timer.schedule(() -> end(obsolete), OVERLAP.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        /** A server may name a part of what is watched; it may also be late, or say what nobody asked for. */
        private boolean isWanted(@Nullable RawJson params) {
            String uri = params == null ? null : params.getString("uri");
            synchronized (Watch.this) {
                return uri != null && (wanted.contains(uri) || wanted.stream().anyMatch(uri::startsWith));
            }
        }
    }

    private static Set<String> honoured(@Nullable RawJson acknowledgement) {
        Set<String> uris = ListenRequest.urisIn(acknowledgement);
        return uris == null ? Set.of() : uris;
    }
}
