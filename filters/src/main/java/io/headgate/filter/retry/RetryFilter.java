package io.headgate.filter.retry;

import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.NameTable;
import io.headgate.filter.PerServer;
import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Sends a call again that failed before anything of its answer came: if certainly nothing of it was executed, or if it does
 * no harm twice because it only reads, or because the file says so of its tool.
 *
 * <p>What a server says of its own tools counts only where the file trusts that server. Each server has a budget, so that
 * one that fails is not asked much more often than one that works.
 */
public final class RetryFilter implements Filter {
    public static final FilterType<RetryConfig> TYPE = new FilterType<>("retry", RetryConfig.class, RetryFilter::new);

    /** The answer to whether something cannot be sent again now. */
    static final long NOT_AGAIN = -1;

    final RetryConfig config;
    final Scheduler timer;
    private final LongUnaryOperator random;
    private final NameTable<Boolean> idempotent = new NameTable<>();
    private final Set<String> trusted;
    private final PerServer<RetryConfig.Budget, ServerRetries> servers;

    public RetryFilter(RetryConfig config, FilterContext context) {
        this(config, context, bound -> ThreadLocalRandom.current().nextLong(bound));
    }

    /** The random numbers are from 0 to one less than what is given. */
    RetryFilter(RetryConfig config, FilterContext context, LongUnaryOperator random) {
        this.config = config;
        this.timer = context.timer();
        MeterRegistry meters = context.meters();
        Scheduler clock = context.timer();
        this.servers = context.former() instanceof RetryFilter former
                ? former.servers.next(config.budget())
                : new PerServer<>(
                        config.budget(), (server, present) -> new ServerRetries(server, present, clock, meters));
        this.random = random;
        this.trusted = Set.copyOf(config.trust());
        config.idempotent().forEach(pattern -> idempotent.add(pattern, true));
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        if (!(exchange.message() instanceof JsonRpc.Request) || !Methods.goesToServer(exchange.method())) {
            return next.handle(exchange);
        }
        if (exchange.message().envelope().has(Member.REQUEST_STATE)) {
            // It goes on with something that was begun, and that its server may let go on only once.
            return next.handle(exchange);
        }
        String server = exchange.route().server();
        return server.isEmpty()
                ? next.handle(exchange)
                : new RepeatableAnswer(this, servers.of(server), exchange, next);
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> states = new TreeMap<>();
        servers.forEach((name, server) -> states.put(name, server.state()));
        return Map.of("servers", states);
    }

    @Override
    public void forget(String server) {
        servers.forget(server);
    }

    @Override
    public void close() {
        servers.close();
    }

    /** How long to wait before a call is sent again that failed so; {@link #NOT_AGAIN} if it is not. */
    long pause(Exchange exchange, ServerRetries server, int attempts, Throwable error) {
        if (attempts >= config.attempts()
                || !(error instanceof Refusal refusal)
                || !isPassing(refusal.reason())
                || !(refusal.isUnsent() || isRepeatable(exchange, server))) {
            return NOT_AGAIN;
        }
        long most = config.maxBackoff().toNanos();
        long ceiling = config.backoff().toNanos() << (attempts - 1);
        long pause = random.applyAsLong(Math.min(ceiling > 0 ? ceiling : most, most) + 1);
        Duration asked = refusal.retryAfter();
        if (asked != null) {
            if (asked.toNanos() > most) {
                return NOT_AGAIN;
            }
            // All who were refused at once do not come back at once.
            pause += asked.toNanos();
        }
        return isAfforded(exchange, server, pause) ? pause : NOT_AGAIN;
    }

    /** How long to wait before a second attempt is made beside the first; {@link #NOT_AGAIN} if none is. */
    long hedgeAfter(Exchange exchange, ServerRetries server) {
        RetryConfig.Hedge hedge = config.hedge();
        if (hedge == null || !isRepeatable(exchange, server)) {
            return NOT_AGAIN;
        }
        Duration after = hedge.after();
        if (after != null) {
            return after.toNanos();
        }
        Integer percentile = hedge.percentile();
        Long known = percentile == null ? null : server.latencies.percentile(percentile);
        return known == null ? NOT_AGAIN : known;
    }

    /** True if there is time and budget for one more attempt after a pause; takes it from the budget then. */
    boolean isAfforded(Exchange exchange, ServerRetries server, long pause) {
        long now = now();
        if (exchange.endsWithin(pause, now)) {
            server.tooLate.increment();
            return false;
        }
        if (!server.budget.repeat(now)) {
            server.overBudget.increment();
            return false;
        }
        return true;
    }

    boolean learnsLatencies() {
        RetryConfig.Hedge hedge = config.hedge();
        return hedge != null && hedge.percentile() != null;
    }

    long now() {
        return timer.now(TimeUnit.NANOSECONDS);
    }

    private boolean isRepeatable(Exchange exchange, ServerRetries server) {
        return switch (exchange.method()) {
            case Methods.PROMPTS_GET, Methods.RESOURCES_READ, Methods.COMPLETE, Methods.TASKS_GET -> true;
            case Methods.TOOLS_CALL ->
                isIdempotent(exchange)
                        || (trusted.contains(server.name)
                                && exchange.route().hints().isRepeatable());
            default -> false;
        };
    }

    /** What may be over in a moment; a timeout is not among it, because its time is spent. */
    private static boolean isPassing(Refusal.Reason reason) {
        return switch (reason) {
            case UPSTREAM_UNAVAILABLE, UPSTREAM_THROTTLED, UPSTREAM_ERROR, UPSTREAM_AMBIGUOUS -> true;
            default -> false;
        };
    }

    private boolean isIdempotent(Exchange exchange) {
        return !idempotent.isEmpty() && idempotent.get(exchange.route().tool()) != null;
    }
}
