package io.headgate.filter.ratelimit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.List;
import java.util.function.Function;

/** How many tokens a request takes from each limit, in their order; 0 from those that do not count it. */
final class Costs {
    /** Far more than a fleet has tools. */
    private static final int MOST_TOOLS = 50_000;

    private final int[] ofOthers;
    private final int[] ofUnknown;
    private final boolean asksForTool;
    private final Cache<String, int[]> byTool = Caffeine.newBuilder()
            .maximumSize(MOST_TOOLS)
            .executor(Runnable::run)
            .build();
    private final Function<String, int[]> newCosts;

    Costs(List<LimitConfig> limits) {
        ofOthers = limits.stream().mapToInt(LimitConfig::costOfOthers).toArray();
        ofUnknown = limits.stream()
                .mapToInt(limit -> limit.tools().isEmpty() ? 1 : 0)
                .toArray();
        asksForTool = limits.stream().anyMatch(LimitConfig::asksForTool);
        newCosts = tool -> limits.stream().mapToInt(limit -> limit.costOf(tool)).toArray();
    }

    int[] of(Subject subject) {
        if (!subject.callsTool()) {
            return ofOthers;
        }
        if (!asksForTool) {
            return ofUnknown;
        }
        String tool = subject.tool();
        if (tool.isEmpty()) {
            return ofUnknown;
        }
        int[] known = byTool.getIfPresent(tool);
        return known != null ? known : byTool.get(tool, newCosts);
    }
}
