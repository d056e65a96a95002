package io.headgate.gateway.policy;

import io.headgate.filter.FilterType;
import io.headgate.filter.audit.AuditFilter;
import io.headgate.filter.timeout.TimeoutConfig;
import io.headgate.filter.timeout.TimeoutFilter;
import java.util.List;

/** The filters that a file can name. */
public final class BuiltInFilters {
    public static final List<FilterType<?>> ALL = List.of(AuditFilter.TYPE, TimeoutFilter.TYPE);

    /** The chain of a file that names none. */
    public static final List<ConfiguredFilter<?>> DEFAULT_CHAIN =
            List.of(new ConfiguredFilter<>("default", TimeoutFilter.TYPE, TimeoutConfig.of(null, null)));

    private BuiltInFilters() {}
}
