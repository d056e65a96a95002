package io.headgate.filter.ratelimit;

import io.headgate.filter.NamePattern;
import java.util.List;
import java.util.Map;

/** Configurations in short. */
final class Limits {
    private Limits() {}

    static RateLimitConfig of(LimitConfig... limits) {
        return RateLimitConfig.of(List.of(limits), null, null, null, null);
    }

    static LimitConfig per(Per.Part part, String rate, int burst) {
        return LimitConfig.of(null, Per.of(part), Rate.of(rate), burst, null, null);
    }

    static LimitConfig per(List<Per.Part> parts, String rate, int burst) {
        return LimitConfig.of(null, Per.of(parts), Rate.of(rate), burst, null, null);
    }

    static LimitConfig on(LimitConfig limit, List<String> tools, Map<String, Integer> cost) {
        return LimitConfig.of(
                limit.name(),
                limit.per(),
                limit.rate(),
                limit.burst(),
                tools.stream().map(NamePattern::of).toList(),
                cost);
    }
}
