package io.headgate.gateway.policy;

import io.headgate.filter.FilterType;
import io.headgate.filter.concurrency.ConcurrencyConfig;
import io.headgate.filter.concurrency.ConcurrencyFilter;
import io.headgate.filter.timeout.TimeoutConfig;
import io.headgate.filter.timeout.TimeoutFilter;
import java.util.List;

/** The filters that a file can name. */
public final class BuiltInFilters {
    public static final List<FilterType<?>> ALL = List.of(ConcurrencyFilter.TYPE, TimeoutFilter.TYPE);

    /** The chain of a file that names none. */
    public static final List<ConfiguredFilter<?>> DEFAULT_CHAIN = List.of(
            new ConfiguredFilter<>("default", ConcurrencyFilter.TYPE, ConcurrencyConfig.DEFAULT),
            new ConfiguredFilter<>("default", TimeoutFilter.TYPE, TimeoutConfig.of(null, null)));

    private BuiltInFilters() {}
}
