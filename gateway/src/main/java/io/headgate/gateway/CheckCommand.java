package io.headgate.gateway;

import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigFile;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Says everything that is wrong or doubtful in a file. */
final class CheckCommand {
    static final String STRICT = "--strict";
    static final String PROBE = "--probe";

    private CheckCommand() {}

    static int check(Path file, boolean isStrict, boolean isProbing, PrintStream out, PrintStream err) {
        Config config = ConfigFile.read(file);
        List<String> warnings = new ArrayList<>(config.warnings());
        List<String> errors = List.of();
        String tools = "";
        if (isProbing) {
            CheckProbe probe = CheckProbe.ask(config);
            warnings.addAll(probe.warnings());
            errors = probe.errors();
            tools = ", " + count(probe.tools(), "tool");
        }
        boolean isRight = passes(warnings, isStrict, err);
        errors.forEach(err::println);
        if (!isRight || !errors.isEmpty()) {
            return 1;
        }
        out.println(file + ": OK (" + count(config.servers().size(), "server") + ", "
                + count(config.filters().size(), "filter") + tools + ")");
        return 0;
    }

    /** Says the warnings; false if there must be none. */
    static boolean passes(List<String> warnings, boolean isStrict, PrintStream err) {
        warnings.forEach(err::println);
        if (isStrict && !warnings.isEmpty()) {
            err.println(
                    "headgate: check: " + count(warnings.size(), "warning") + " (expected with " + STRICT + ": none)");
            return false;
        }
        return true;
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
