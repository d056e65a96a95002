package io.headgate.filter.ratelimit;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.headgate.filter.NamePattern;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One limit.
 *
 * @param name what metrics, clients and the keys in Redis call it
 * @param burst how many tokens a bucket holds
 * @param tools the tools whose calls it counts; empty: all requests
 * @param cost how many tokens a call of some tools takes, the first pattern that fits; others take one
 */
public record LimitConfig(
        String name, Per per, Rate rate, int burst, List<NamePattern> tools, Map<NamePattern, Integer> cost) {
    /** What a clock that counts nanoseconds can refill, many times over. */
    private static final Duration LONGEST = Duration.ofDays(365);

    public LimitConfig {
        if (name.isEmpty() || name.length() > 64 || !name.chars().allMatch(LimitConfig::isNameCharacter)) {
            throw new IllegalArgumentException("name: " + name + " (expected: up to 64 of a-z, A-Z, 0-9, +, -, _, .)");
        }
        if (burst < 1) {
            throw new IllegalArgumentException("burst: " + burst + " (expected: >= 1)");
        }
        if (rate.timeFor(burst).compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("burst: " + burst + " (expected: what comes back in a year)");
        }
        for (int each : cost.values()) {
            if (each < 0 || each > burst) {
                throw new IllegalArgumentException(
                        "cost: " + each + " (expected: 0 to the burst, which is " + burst + ")");
            }
        }
        tools = List.copyOf(tools);
    }

    /** What the file says; {@code per} and {@code rate} are enough. */
    @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
    public static LimitConfig of(
            @JsonProperty("name") @Nullable String name,
            @JsonProperty("per") Per per,
            @JsonProperty("rate") Rate rate,
            @JsonProperty("burst") @Nullable Integer burst,
            @JsonProperty("tools") @Nullable List<NamePattern> tools,
            @JsonProperty("cost") @Nullable Map<String, Integer> cost) {
        Map<NamePattern, Integer> costs = new LinkedHashMap<>();
        if (cost != null) {
            cost.forEach((pattern, tokens) -> costs.put(pattern(pattern), tokens));
        }
        return new LimitConfig(
                name == null ? per.toString() : name,
                per,
                rate,
                burst == null ? Math.toIntExact(rate.count()) : burst,
                tools == null ? List.of() : tools,
                costs);
    }

    private static NamePattern pattern(String text) {
        try {
            return NamePattern.of(text);
        } catch (IllegalArgumentException unreadable) {
            throw new IllegalArgumentException("cost: " + unreadable.getMessage(), unreadable);
        }
    }

    private static boolean isNameCharacter(int character) {
        return character < 128 && (Character.isLetterOrDigit(character) || "+-_.".indexOf(character) >= 0);
    }

    /** What a call of a tool takes; 0 if this limit does not count it. */
    int costOf(String tool) {
        if (!tools.isEmpty() && tools.stream().noneMatch(pattern -> pattern.matches(tool))) {
            return 0;
        }
        return cost.entrySet().stream()
                .filter(entry -> entry.getKey().matches(tool))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(1);
    }

    /** What a request that calls no tool takes. */
    int costOfOthers() {
        return tools.isEmpty() && !per.parts().contains(Per.Part.TOOL) ? 1 : 0;
    }

    /** The most that a call can take. */
    int highestCost() {
        return cost.values().stream().mapToInt(Integer::intValue).reduce(1, Math::max);
    }

    /** True if it must know which tool is called. */
    boolean asksForTool() {
        return !tools.isEmpty() || !cost.isEmpty() || per.parts().contains(Per.Part.TOOL);
    }
}
