package io.headgate.filter;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a filter knows of each server. A filter that replaces it goes on with the same knowledge, kept by its own configuration
 * from its first call on.
 *
 * @param <C> the configuration
 * @param <K> what is known of one server
 */
public final class PerServer<C, K extends PerServer.Knowledge<C>> {
    private final Shared<C, K> shared;
    private final Succession<C>.Turn turn;

    /** What is known of one server; it must not keep a filter, or none is ever garbage. */
    public interface Knowledge<C> extends AutoCloseable {
        /** Is kept by another configuration from now on; calls come and go meanwhile. */
        void follow(C config);

        /** No call asks for it any more; those that have it already may. */
        @Override
        void close();
    }

    private static final class Shared<C, K extends Knowledge<C>> {
        private final Map<String, K> known = new ConcurrentHashMap<>();
        private final BiFunction<String, C, K> maker;
        private final Succession<C> owners;

        Shared(C config, BiFunction<String, C, K> maker) {
            this.maker = maker;
            owners = new Succession<>(config, changed -> known.values().forEach(each -> each.follow(changed)));
        }

        K add(String server) {
            // Its configuration must not change between the look at it and the entry in the table.
            synchronized (owners) {
                return known.computeIfAbsent(server, name -> maker.apply(name, owners.config()));
            }
        }
    }

    /** For a filter that replaces none. */
    public PerServer(C config, BiFunction<String, C, K> maker) {
        shared = new Shared<>(config, maker);
        turn = shared.owners.first();
    }

    private PerServer(Shared<C, K> shared, C config) {
        this.shared = shared;
        this.turn = shared.owners.next(config);
    }

    /** The same knowledge for the filter that replaces this one. */
    public PerServer<C, K> next(C config) {
        return new PerServer<>(shared, config);
    }

    /** What is known of a server that a call goes to; made when it is the first. */
    public K of(String server) {
        turn.use();
        K known = shared.known.get(server);
        return known != null ? known : shared.add(server);
    }

    /** The same for one who only looks; null if nothing is known. */
    public @Nullable K peek(String server) {
        return shared.known.get(server);
    }

    public void forEach(BiConsumer<String, K> visitor) {
        shared.known.forEach(visitor);
    }

    /** Drops what is known of a server that there is no more. */
    public void forget(String server) {
        K gone = shared.known.remove(server);
        if (gone != null) {
            gone.close();
        }
    }

    /** The filter is closed; with the last one the knowledge goes. */
    public void close() {
        if (turn.end()) {
            shared.known.values().forEach(Knowledge::close);
            shared.known.clear();
        }
    }
}
