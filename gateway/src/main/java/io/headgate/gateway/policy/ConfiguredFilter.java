package io.headgate.gateway.policy;

import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;

/**
 * A filter as the file names it, not yet made.
 *
 * @param place where the file names it, for messages
 */
public record ConfiguredFilter<C extends Record>(String place, FilterType<C> type, C config) {
    public String name() {
        return type.name();
    }

    /** True if both describe the same filter, wherever the file names it. */
    public boolean isSame(ConfiguredFilter<?> other) {
        return type.equals(other.type) && config.equals(other.config);
    }

    Filter make(FilterContext context) {
        return type.factory().apply(config, context);
    }
}
