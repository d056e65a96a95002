package io.headgate.gateway.policy;

import io.headgate.filter.FilterType;
import io.headgate.filter.audit.AuditFilter;
import io.headgate.filter.breaker.BreakerConfig;
import io.headgate.filter.breaker.BreakerFilter;
import io.headgate.filter.concurrency.ConcurrencyConfig;
import io.headgate.filter.concurrency.ConcurrencyFilter;
import io.headgate.filter.identity.IdentityFilter;
import io.headgate.filter.ratelimit.RateLimitFilter;
import io.headgate.filter.retry.RetryConfig;
import io.headgate.filter.retry.RetryFilter;
import io.headgate.filter.timeout.TimeoutConfig;
import io.headgate.filter.timeout.TimeoutFilter;
import java.util.List;

/** The filters that a file can name. */
public final class BuiltInFilters {
    public static final List<FilterType<?>> ALL = List.of(
            IdentityFilter.TYPE,
            AuditFilter.TYPE,
            RateLimitFilter.TYPE,
            ConcurrencyFilter.TYPE,
            BreakerFilter.TYPE,
            RetryFilter.TYPE,
            TimeoutFilter.TYPE);

    /** What must be the first filter if a file names it: who stands before it would not know who calls. */
    public static final String FIRST = IdentityFilter.TYPE.name();

    /** The chain of a file that names none: nothing is sent twice that might have been executed. */
    public static final List<ConfiguredFilter<?>> DEFAULT_CHAIN = List.of(
            new ConfiguredFilter<>("default", ConcurrencyFilter.TYPE, ConcurrencyConfig.DEFAULT),
            new ConfiguredFilter<>("default", BreakerFilter.TYPE, BreakerConfig.DEFAULT),
            new ConfiguredFilter<>("default", RetryFilter.TYPE, RetryConfig.DEFAULT),
            new ConfiguredFilter<>("default", TimeoutFilter.TYPE, TimeoutConfig.of(null, null)));

    private BuiltInFilters() {}
}
