package io.headgate.filter.ratelimit;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.headgate.filter.Secret;
import io.lettuce.core.RedisURI;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How many requests may pass.
 *
 * @param limits all of them hold; a request takes from each, or from none
 * @param keys how many buckets one limit may have
 * @param shared the Redis where gateways share the buckets, or null for buckets of this gateway alone
 * @param nodes how many gateways share them: what each may let pass alone while Redis is away is its share
 * @param trustedProxies whose {@code X-Forwarded-For} says who the client is
 */
public record RateLimitConfig(
        List<LimitConfig> limits, int keys, @Nullable Secret shared, int nodes, List<AddressRange> trustedProxies) {
    private static final int DEFAULT_KEYS = 100_000;
    private static final int MOST_NODES = 10_000;

    public RateLimitConfig {
        if (limits.isEmpty()) {
            throw new IllegalArgumentException(
                    "limits: none (expected: at least one, as in - {per: caller, rate: 100/s})");
        }
        Set<String> names = new HashSet<>();
        for (LimitConfig limit : limits) {
            if (!names.add(limit.name())) {
                throw new IllegalArgumentException(
                        "limits: two are called " + limit.name() + " (expected: a name of its own for each)");
            }
        }
        if (keys < 1) {
            throw new IllegalArgumentException("keys: " + keys + " (expected: >= 1)");
        }
        if (nodes < 1 || nodes > MOST_NODES) {
            throw new IllegalArgumentException("nodes: " + nodes + " (expected: 1 to " + MOST_NODES + ")");
        }
        if (shared != null) {
            var unused = uri(shared);
        }
        limits = List.copyOf(limits);
        trustedProxies = List.copyOf(trustedProxies);
    }

    /** What the file says; {@code limits} is enough, and {@code nodes} belongs to {@code shared}. */
    @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
    public static RateLimitConfig of(
            @JsonProperty("limits") List<LimitConfig> limits,
            @JsonProperty("keys") @Nullable Integer keys,
            @JsonProperty("shared") @Nullable Secret shared,
            @JsonProperty("nodes") @Nullable Integer nodes,
            @JsonProperty("trustedProxies") @Nullable List<AddressRange> trustedProxies) {
        if (shared != null && nodes == null) {
            throw new IllegalArgumentException("shared: without nodes (expected: nodes: the number of gateways too)");
        }
        if (shared == null && nodes != null) {
            throw new IllegalArgumentException("nodes: " + nodes + " (expected: shared: redis://HOST:PORT too)");
        }
        return new RateLimitConfig(
                limits,
                keys == null ? DEFAULT_KEYS : keys,
                shared,
                nodes == null ? 1 : nodes,
                trustedProxies == null ? List.of() : trustedProxies);
    }

    /** Where the Redis is; what the file says is never repeated, because there may be a password in it. */
    static RedisURI uri(Secret shared) {
        try {
            RedisURI uri = RedisURI.create(shared.value());
            if (uri.getHost() != null
                    || uri.getSocket() != null
                    || !uri.getSentinels().isEmpty()) {
                return uri;
            }
        } catch (RuntimeException unreadable) {
            // What it says may repeat the text.
        }
        throw new IllegalArgumentException("shared: *** (expected: redis://HOST:PORT or rediss://:PASSWORD@HOST:PORT)");
    }
}
