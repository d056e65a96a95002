package io.headgate.gateway.config;

import java.nio.file.Path;
import java.util.List;

/** A file that cannot be used, with one line for each thing that is wrong with it. */
public final class ConfigRejected extends RuntimeException {
    private final List<String> problems;
    private final List<String> all;
    private final transient List<Path> files;

    ConfigRejected(Problems problems, List<Path> files) {
        super(String.join("\n", problems.lines()), null, false, false);
        this.problems = problems.lines();
        this.all = problems.all();
        this.files = List.copyOf(files);
    }

    /** Lines of the form {@code file:line:column path: problem (expected: ...)}. */
    public List<String> problems() {
        return problems;
    }

    /** The same with the warnings among them, for a person. */
    public List<String> withWarnings() {
        return all;
    }

    /** As {@link Config#files}: a change of one of them may mend the file. */
    public List<Path> files() {
        return files;
    }
}
