package io.headgate.filter.concurrency;

import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.LiveGauges;
import io.headgate.filter.PerServer;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHead;
import io.headgate.filter.Route;
import io.headgate.filter.Target;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Lets no more calls through to a server than it can work on at a time, which it finds out itself; the others wait, and
 * those that would have to wait for too long are refused.
 *
 * <p>What does not make a server work hard (pings, lists, discovery, subscriptions, everything about tasks) and every
 * notification passes, so that a busy server can still be asked what it is and told to stop.
 */
public final class ConcurrencyFilter implements Filter {
    public static final FilterType<ConcurrencyConfig> TYPE =
            new FilterType<>("concurrency", ConcurrencyConfig.class, ConcurrencyFilter::new);

    /** One for all, because it is stackless and a refused call must cost little. */
    final Refusal overloaded =
            new Refusal(Refusal.Reason.OVERLOADED, "the server behind this is overloaded", Duration.ofSeconds(1));

    private static final String PRIORITY = "io.headgate/priority";
    private static final String PRIORITY_HEADER = "headgate-priority";
    private static final String BATCH = "batch";
    private static final long RECENT = TimeUnit.SECONDS.toNanos(1);

    private final ConcurrencyConfig config;
    final Scheduler timer;
    final Lateness lateness;
    private final PerServer<ConcurrencyConfig, ServerLimits> servers;

    /** When a call last found no permit, and whether that was recent: what is asked of every call must be cheap. */
    private volatile long crowdedAt;

    private volatile boolean crowded;

    public ConcurrencyFilter(ConcurrencyConfig config, FilterContext context) {
        this.config = config;
        timer = context.timer();
        if (context.former() instanceof ConcurrencyFilter former) {
            lateness = former.lateness;
            servers = former.servers.next(config);
        } else {
            Scheduler clock = timer;
            MeterRegistry meters = context.meters();
            LiveGauges gauges = context.gauges();
            lateness = new Lateness(clock);
            servers = new PerServer<>(
                    config, (server, present) -> new ServerLimits(server, present, clock, meters, gauges));
        }
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        if (!takesPermit(exchange.method())) {
            return next.handle(exchange);
        }
        String name = exchange.route().server();
        if (name.isEmpty()) {
            return next.handle(exchange);
        }
        return new LimitedAnswer(this, servers.of(name), exchange, next);
    }

    /** A call is judged by its own words here, so it may be refused for what its body does not say, but never let in. */
    @Override
    public @Nullable Refusal refuses(RequestHead head) {
        if (!crowded) {
            return null;
        }
        long now = now();
        if (now - crowdedAt > RECENT) {
            crowded = false;
            return null;
        }
        if (!takesPermit(head.method())) {
            return null;
        }
        ServerLimits server = servers.peek(head.route().server());
        if (server == null) {
            return null;
        }
        String tool = toolOf(head.method(), head.target(), head.route());
        Limiter limiter = server.peek(tool);
        if (limiter == null) {
            return null;
        }
        int share = Shares.placeOf(head.headers());
        boolean isBelow = limiter.isBelowItsShare(share);
        if (limiter.hasRoom(isBelow) || limiter.patience(share, isBelow, Long.MAX_VALUE, now) > 0) {
            return null;
        }
        crowded(now);
        return overloaded;
    }

    private static boolean takesPermit(String method) {
        return switch (method) {
            case Methods.TOOLS_CALL, Methods.PROMPTS_GET, Methods.RESOURCES_READ, Methods.COMPLETE -> true;
            default -> false;
        };
    }

    /** A tool by its name; prompts and resources, which are not declared and of which there may be any number, by method. */
    static String toolOf(String method, Target target, Route route) {
        return target.kind() == Target.Kind.TOOL ? route.tool() : method;
    }

    void crowded(long now) {
        crowdedAt = now;
        if (!crowded) {
            crowded = true;
        }
    }

    boolean isBatch(Exchange exchange, String tool) {
        if (CostClasses.matches(config.batch(), tool)) {
            return true;
        }
        if (BATCH.equals(exchange.headers().get(PRIORITY_HEADER))) {
            return true;
        }
        RawJson meta = exchange.message().envelope().get(Member.PARAMS_META);
        return meta != null && meta.isObject() && BATCH.equals(meta.getString(PRIORITY));
    }

    long now() {
        return timer.now(TimeUnit.NANOSECONDS);
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new TreeMap<>();
        servers.forEach((name, server) -> state.put(name, server.state()));
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("algorithm", config.algorithm().name().toLowerCase(Locale.ROOT));
        all.put("servers", state);
        return all;
    }

    @Override
    public void forget(String server) {
        servers.forget(server);
    }

    @Override
    public void close() {
        servers.close();
    }
}
