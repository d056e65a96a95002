package io.headgate.filter.inflight;

/** How many calls may run at a time. */
public record InFlightConfig(int calls) {
    public InFlightConfig {
        if (calls < 1) {
            throw new IllegalArgumentException("calls: " + calls + " (expected: >= 1)");
        }
    }
}
