package io.headgate.filter.ratelimit;

import io.github.bucket4j.Bucket;
import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.Secret;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Refuses requests beyond a rate.
 *
 * <p>A request takes tokens from one bucket of each limit that counts it, or from none of them. What several gateways
 * share is decided in Redis; while that is away or late, each goes on with its share of the limits.
 */
public final class RateLimitFilter implements Filter {
    public static final FilterType<RateLimitConfig> TYPE =
            new FilterType<>("rateLimit", RateLimitConfig.class, RateLimitFilter::new);

    private static final Duration DEADLINE = Duration.ofMillis(20);
    private static final String DECISIONS = "headgate.ratelimit.decisions";

    private final LimitBuckets[] limits;
    private final Costs costs;
    private final Scheduler timer;
    private final ClientAddress addresses;
    private final @Nullable SharedLimits shared;
    /** Decisions of this gateway alone: as it is meant to be, or because Redis is away. */
    private final Counter alone;

    private final Counter together;

    public RateLimitFilter(RateLimitConfig config, FilterContext context) {
        this(config, context, DEADLINE);
    }

    /** With another time for Redis to answer in. */
    RateLimitFilter(RateLimitConfig config, FilterContext context, Duration deadline) {
        RateLimitFilter former = context.former() instanceof RateLimitFilter replaced ? replaced : null;
        limits = config.limits().stream()
                .map(limit -> new LimitBuckets(
                        limit,
                        config.keys(),
                        config.nodes(),
                        former == null ? null : former.bucketsFor(limit),
                        context))
                .toArray(LimitBuckets[]::new);
        costs = new Costs(config.limits());
        timer = context.timer();
        addresses = new ClientAddress(config.trustedProxies());
        Secret redis = config.shared();
        alone = context.meters().counter(DECISIONS, "source", redis == null ? "local" : "fallback");
        together = context.meters().counter(DECISIONS, "source", "shared");
        shared = redis == null
                ? null
                : new SharedLimits(config, redis, former == null ? null : former.shared, context, deadline);
    }

    /** What a limit goes on with, or null if it is a new one. */
    private @Nullable LimitBuckets bucketsFor(LimitConfig limit) {
        return Arrays.stream(limits)
                .filter(known -> known.continues(limit))
                .findFirst()
                .orElse(null);
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        if (!counts(exchange)) {
            return next.handle(exchange);
        }
        if (shared != null) {
            return new SharedAnswer(this, shared, exchange, next);
        }
        return Flux.defer(() -> {
            Refusal refusal = decide(exchange);
            return refusal == null ? next.handle(exchange) : Flux.error(refusal);
        });
    }

    /** Requests of clients; the gateway's own for the stream of a session are none. */
    static boolean counts(Exchange exchange) {
        return exchange.message() instanceof JsonRpc.Request
                && (exchange.session() == null || !exchange.method().equals(Methods.LISTEN));
    }

    /** Takes the tokens of this gateway's own buckets, or says why it cannot; asks nobody and waits for nothing. */
    public @Nullable Refusal decide(Exchange exchange) {
        return decide(subject(exchange));
    }

    @Nullable
    Refusal decide(Subject subject) {
        alone.increment();
        return take(0, costs.of(subject), subject);
    }

    /** Takes from the limits from one on; each gives its tokens back if a later one refuses. */
    private @Nullable Refusal take(int first, int[] tokens, Subject subject) {
        for (int i = first; i < limits.length; i++) {
            Object key = tokens[i] == 0 ? null : subject.key(limits[i].config().per());
            if (key != null) {
                Bucket bucket = limits[i].bucket(key);
                if (!bucket.tryConsume(tokens[i])) {
                    return limits[i].refuse(
                            bucket.estimateAbilityToConsume(tokens[i]).getNanosToWaitForRefill());
                }
                Refusal later = take(i + 1, tokens, subject);
                if (later != null) {
                    bucket.addTokens(tokens[i]);
                }
                return later;
            }
        }
        return null;
    }

    Subject subject(Exchange exchange) {
        return new Subject(exchange, addresses);
    }

    int[] costs(Subject subject) {
        return costs.of(subject);
    }

    Scheduler timer() {
        return timer;
    }

    LimitBuckets[] limits() {
        return limits;
    }

    void decidedTogether() {
        together.increment();
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("limits", Arrays.stream(limits).map(LimitBuckets::state).toList());
        if (shared != null) {
            state.put("shared", shared.store().state());
        }
        return state;
    }

    @Override
    public void close() {
        for (LimitBuckets limit : limits) {
            limit.close();
        }
        if (shared != null) {
            shared.close();
        }
    }
}
