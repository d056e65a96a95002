package io.headgate.gateway.config;

import java.nio.file.Path;
import java.util.List;

/** A file that cannot be used, with one line for each thing that is wrong with it. */
public final class ConfigRejected extends RuntimeException {
    private final List<String> problems;
    private final transient List<Path> files;

    ConfigRejected(List<String> problems, List<Path> files) {
        super(String.join("\n", problems), null, false, false);
        this.problems = List.copyOf(problems);
        this.files = List.copyOf(files);
    }

    /** Lines of the form {@code file:line:column path: problem (expected: ...)}. */
    public List<String> problems() {
        return problems;
    }

    /** As {@link Config#files}: a change of one of them may mend the file. */
    public List<Path> files() {
        return files;
    }
}
