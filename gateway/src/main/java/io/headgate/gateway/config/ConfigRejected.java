package io.headgate.gateway.config;

import java.util.List;

/** A file that cannot be used, with one line for each thing that is wrong with it. */
public final class ConfigRejected extends RuntimeException {
    private final List<String> problems;

    ConfigRejected(List<String> problems) {
        super(String.join("\n", problems), null, false, false);
        this.problems = List.copyOf(problems);
    }

    /** Lines of the form {@code file:line:column path: problem (expected: ...)}. */
    public List<String> problems() {
        return problems;
    }
}
