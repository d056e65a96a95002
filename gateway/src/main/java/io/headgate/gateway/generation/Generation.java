package io.headgate.gateway.generation;

import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.policy.Chain;
import io.headgate.gateway.route.catalog.Servers;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import reactor.core.publisher.Flux;

/**
 * What one version of the file describes: never changes, and serves the exchanges that began while it was the present one to
 * their end. What two versions have in common is the same object in both.
 */
public final class Generation {
    private final int number;
    private final Config config;
    private final Chain chain;
    private final Map<String, Upstream> upstreams;
    private final Servers servers;
    private final Handler handler;
    private final String reason;
    private final Instant since;

    /** Two, because event loops that count in one place would slow each other down. */
    private final LongAdder begun = new LongAdder();

    private final LongAdder ended = new LongAdder();

    /** @param end what stands behind the chain */
    Generation(
            int number,
            Config config,
            Chain chain,
            Map<String, Upstream> upstreams,
            Servers servers,
            Handler end,
            String reason,
            Instant since) {
        this.number = number;
        this.config = config;
        this.chain = chain;
        this.upstreams = Map.copyOf(upstreams);
        this.servers = servers;
        this.handler = chain.before(end);
        this.reason = reason;
        this.since = since;
    }

    public int number() {
        return number;
    }

    public Config config() {
        return config;
    }

    public Chain chain() {
        return chain;
    }

    public Servers servers() {
        return servers;
    }

    /** Why it was made: the start, a changed file, a signal, a request of an operator. */
    public String reason() {
        return reason;
    }

    public Instant since() {
        return since;
    }

    Map<String, Upstream> upstreams() {
        return upstreams;
    }

    Flux<JsonRpc> handle(Exchange exchange) {
        // A stream that listens goes on for hours, and follows the servers that are served.
        return exchange.method().equals(Methods.LISTEN) ? handler.handle(exchange) : new CountedAnswer(this, exchange);
    }

    Handler handler() {
        return handler;
    }

    void begins() {
        begun.increment();
    }

    void ends() {
        ended.increment();
    }

    /** How many exchanges are on their way. */
    public long inFlight() {
        // In this order, so that what ends in between makes it too large and not too small.
        long over = ended.sum();
        return begun.sum() - over;
    }
}
