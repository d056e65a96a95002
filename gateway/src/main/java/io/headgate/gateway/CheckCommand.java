package io.headgate.gateway;

import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigFile;
import java.io.PrintStream;
import java.nio.file.Path;

/** Says everything that is wrong or doubtful in a file. */
final class CheckCommand {

    private CheckCommand() {}

    static int check(Path file, boolean isStrict, PrintStream out, PrintStream err) {
        Config config = ConfigFile.read(file);
        config.warnings().forEach(err::println);
        if (isStrict && !config.warnings().isEmpty()) {
            err.println("headgate: check: " + count(config.warnings().size(), "warning")
                    + " (expected with --strict: none)");
            return 1;
        }
        out.println(file + ": OK (" + count(config.servers().size(), "server") + ", "
                + count(config.filters().size(), "filter") + ")");
        return 0;
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
