package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads texts as if they were files, with an environment of their own. */
public final class ConfigReading {
    private ConfigReading() {}

    public static Path write(Path directory, String name, String text) {
        try {
            return Files.writeString(directory.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Config read(Path directory, String text, Map<String, String> environment) {
        return ConfigFile.read(write(directory, "headgate.yaml", text), environment::get);
    }

    /** The warnings of a text that can be used, the directory left out. */
    static List<String> warnings(Path directory, String text) {
        return read(directory, text, Map.of()).warnings().stream()
                .map(warning -> warning.replace(directory + "/", ""))
                .toList();
    }

    /** The problems with a text, the directory left out. */
    public static List<String> problems(Path directory, String text, Map<String, String> environment) {
        ConfigRejected rejected = catchThrowableOfType(ConfigRejected.class, () -> read(directory, text, environment));
        return rejected == null
                ? List.of()
                : rejected.problems().stream()
                        .map(problem -> problem.replace(directory + "/", ""))
                        .toList();
    }
}
