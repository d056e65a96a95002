package io.headgate.gateway.policy;

import io.headgate.filter.NamePattern;
import io.headgate.filter.audit.AuditConfig;
import io.headgate.filter.audit.AuditFilter;
import io.headgate.filter.breaker.BreakerFilter;
import io.headgate.filter.concurrency.ConcurrencyFilter;
import io.headgate.filter.ratelimit.LimitConfig;
import io.headgate.filter.ratelimit.Per;
import io.headgate.filter.ratelimit.RateLimitConfig;
import io.headgate.filter.ratelimit.RateLimitFilter;
import io.headgate.filter.retry.RetryConfig;
import io.headgate.filter.retry.RetryFilter;
import io.headgate.filter.timeout.TimeoutFilter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is doubtful in a chain whose filters are sound, each for itself. */
public final class ChainReview {
    /** Of these one is enough: a second one does the work of the first again. */
    private static final Set<String> ONCE =
            Set.of(ConcurrencyFilter.TYPE.name(), BreakerFilter.TYPE.name(), RetryFilter.TYPE.name());

    private final List<ConfiguredFilter<?>> chain;
    private final List<Remark> remarks = new ArrayList<>();

    /**
     * One doubt.
     *
     * @param path the key that it is about
     * @param isError true for what cannot be meant
     */
    public record Remark(String path, String text, boolean isError) {}

    private ChainReview(List<ConfiguredFilter<?>> chain) {
        this.chain = chain;
    }

    /** Looks at the order of a chain and at what its filters need of each other and of the servers. */
    public static List<Remark> of(List<ConfiguredFilter<?>> chain, Collection<String> servers) {
        ChainReview review = new ChainReview(chain);
        for (int i = 0; i < chain.size(); i++) {
            review.order(i);
            review.twice(i);
            if (chain.get(i).config() instanceof RateLimitConfig limits) {
                review.callers(chain.get(i).place(), limits);
            } else if (chain.get(i).config() instanceof RetryConfig retry) {
                review.trusted(chain.get(i).place(), retry, servers);
            }
        }
        return review.remarks;
    }

    /** True if a filter of the chain writes to the data directory. */
    public static boolean writes(List<ConfiguredFilter<?>> chain) {
        return chain.stream().anyMatch(filter -> filter.config() instanceof AuditConfig);
    }

    /** The patterns of tools that are keys of a map, and where they are. */
    public static Map<String, NamePattern> patternKeys(List<ConfiguredFilter<?>> chain) {
        Map<String, NamePattern> keys = new LinkedHashMap<>();
        for (ConfiguredFilter<?> filter : chain) {
            if (filter.config() instanceof AuditConfig audit) {
                audit.values()
                        .keySet()
                        .forEach(key -> keys.put(filter.place() + ".values." + key, NamePattern.of(key)));
            } else if (filter.config() instanceof RateLimitConfig limits) {
                for (int i = 0; i < limits.limits().size(); i++) {
                    String place = filter.place() + ".limits[" + i + "].cost.";
                    limits.limits().get(i).cost().keySet().forEach(key -> keys.put(place + key, key));
                }
            }
        }
        return keys;
    }

    private void order(int index) {
        ConfiguredFilter<?> filter = chain.get(index);
        if (is(filter, RetryFilter.TYPE.name())
                && has(0, index, TimeoutFilter.TYPE.name())
                && !has(index + 1, chain.size(), TimeoutFilter.TYPE.name())) {
            warn(
                    filter,
                    "behind the timeout of all attempts, without one for each: an attempt that hangs leaves no time for"
                            + " another (expected: timeout behind retry)");
        }
        if (is(filter, BreakerFilter.TYPE.name()) && has(0, index, RetryFilter.TYPE.name())) {
            warn(
                    filter,
                    "behind retry: each attempt of a call counts, and an open breaker is asked again and again"
                            + " (expected: before retry)");
        }
        if (is(filter, RateLimitFilter.TYPE.name()) && has(0, index, RetryFilter.TYPE.name())) {
            warn(filter, "behind retry: each attempt of a call takes tokens (expected: before retry)");
        }
        if (is(filter, AuditFilter.TYPE.name()) && index > 0) {
            String before = chain.get(index - 1).name();
            if (!before.equals(BuiltInFilters.FIRST) && !before.equals(filter.name())) {
                warn(
                        filter,
                        "behind " + before
                                + ": what that refuses is not recorded (expected: behind identity, before all"
                                + " others)");
            }
        }
    }

    private void twice(int index) {
        ConfiguredFilter<?> filter = chain.get(index);
        if (has(0, index, filter.name())) {
            if (is(filter, AuditFilter.TYPE.name())) {
                remarks.add(new Remark(
                        filter.place(),
                        "a second time: both would write one log (expected: once)",
                        /* isError= */ true));
            } else if (ONCE.contains(filter.name())) {
                warn(filter, "a second time in the chain (expected: once)");
            }
        }
    }

    private void callers(String place, RateLimitConfig limits) {
        if (has(0, chain.size(), BuiltInFilters.FIRST)) {
            return;
        }
        for (int i = 0; i < limits.limits().size(); i++) {
            LimitConfig limit = limits.limits().get(i);
            List<Per.Part> parts = limit.per().parts();
            if (parts.contains(Per.Part.CALLER) || parts.contains(Per.Part.TENANT)) {
                remarks.add(new Remark(
                        place + ".limits[" + i + "].per",
                        limit.per() + " without identity: all callers are one"
                                + " (expected: identity as the first filter, or per: address)",
                        /* isError= */ false));
            }
        }
    }

    private void trusted(String place, RetryConfig retry, Collection<String> servers) {
        for (int i = 0; i < retry.trust().size(); i++) {
            if (!servers.contains(retry.trust().get(i))) {
                remarks.add(new Remark(
                        place + ".trust[" + i + "]",
                        retry.trust().get(i) + " is no server (expected: a name under mcpServers)",
                        /* isError= */ false));
            }
        }
    }

    private void warn(ConfiguredFilter<?> filter, String text) {
        remarks.add(new Remark(filter.place(), text, /* isError= */ false));
    }

    private boolean has(int from, int to, String name) {
        return chain.subList(from, to).stream().anyMatch(filter -> is(filter, name));
    }

    private static boolean is(ConfiguredFilter<?> filter, String name) {
        return filter.name().equals(name);
    }
}
