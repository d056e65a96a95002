package io.headgate.gateway;

import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigFile;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Says everything that is wrong or doubtful in a file. */
final class CheckCommand {

    private CheckCommand() {}

    static int check(Path file, boolean isStrict, boolean isProbing, PrintStream out, PrintStream err) {
        Config config = ConfigFile.read(file);
        List<String> warnings = new ArrayList<>(config.warnings());
        String tools = "";
        if (isProbing) {
            CheckProbe probe = CheckProbe.ask(config);
            warnings.addAll(probe.warnings());
            tools = ", " + count(probe.tools(), "tool");
            if (!probe.errors().isEmpty()) {
                warnings.forEach(err::println);
                probe.errors().forEach(err::println);
                return 1;
            }
        }
        warnings.forEach(err::println);
        if (isStrict && !warnings.isEmpty()) {
            err.println("headgate: check: " + count(warnings.size(), "warning") + " (expected with --strict: none)");
            return 1;
        }
        out.println(file + ": OK (" + count(config.servers().size(), "server") + ", "
                + count(config.filters().size(), "filter") + tools + ")");
        return 0;
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
