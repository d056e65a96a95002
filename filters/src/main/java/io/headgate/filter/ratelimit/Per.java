package io.headgate.filter.ratelimit;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What has a bucket of its own: each caller, say, or each pair of a caller and a tool. */
public record Per(List<Part> parts) {
    /** One thing that requests differ by. */
    public enum Part {
        CALLER,
        TENANT,
        /** Only calls of tools have it. */
        TOOL,
        /** Only requests that go to one server have it. */
        UPSTREAM,
        ADDRESS,
        /** Nothing: one bucket for all requests. */
        ALL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Per {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("nothing (expected: one or more of " + EnumSet.allOf(Part.class) + ")");
        }
        if (parts.stream().distinct().count() != parts.size()) {
            throw new IllegalArgumentException(parts + " (expected: each once)");
        }
        if (parts.size() > 1 && parts.contains(Part.ALL)) {
            throw new IllegalArgumentException(parts + " (expected: all alone, or some of the others)");
        }
        parts = List.copyOf(parts);
    }

    /** What the file says in a list: {@code per: [caller, tool]}. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Per of(List<Part> parts) {
        return new Per(parts);
    }

    /** What the file says in short: {@code per: caller}. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Per of(Part part) {
        return new Per(List.of(part));
    }

    /** As metrics and clients see it: {@code caller+tool}. */
    @Override
    public String toString() {
        return parts.stream().map(Part::toString).collect(Collectors.joining("+"));
    }
}
