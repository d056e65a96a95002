package io.headgate.gateway;

import io.headgate.gateway.CommandLine.UsageException;
import io.headgate.gateway.audit.AuditTool;
import io.headgate.gateway.audit.RecordQuery;
import io.headgate.gateway.config.Nearest;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code headgate audit …}. */
final class AuditCommands {
    private static final List<String> VERBS = List.of("verify", "tail", "search", "export");
    private static final List<String> FORMATS = List.of("ocsf", "json");
    private static final String LINES = "10";
    private static final Path ERROR_OUTPUT = Path.of("/proc/self/fd/2");

    private AuditCommands() {}

    /** The exit status. */
    static int run(List<String> arguments, PrintStream out, PrintStream err) {
        if (arguments.isEmpty()) {
            throw new UsageException("audit: no command (expected: " + String.join(", ", VERBS) + ")");
        }
        String verb = arguments.get(0);
        if (verb.equals("--help") || verb.equals("-h")) {
            return help(out);
        }
        if (!VERBS.contains(verb)) {
            throw new UsageException("audit: unknown command " + verb + Nearest.hint(verb, VERBS));
        }
        List<String> rest = arguments.subList(1, arguments.size());
        return switch (verb) {
            case "verify" ->
                verify(
                        CommandLine.parse("audit verify", List.of("--key", "--checkpoints"), List.of("--json"), rest),
                        out,
                        err);
            case "tail" -> tail(CommandLine.parse("audit tail", List.of("-n"), List.of("--follow", "-f"), rest), out);
            case "search" -> search(CommandLine.parse("audit search", RecordQuery.OPTIONS, List.of(), rest), out);
            default -> export(CommandLine.parse("audit export", List.of("--format", "--after"), List.of(), rest), out);
        };
    }

    private static int verify(CommandLine line, PrintStream out, PrintStream err) {
        if (line.wantsHelp()) {
            return help(out);
        }
        return new AuditTool(directory("audit verify", line), out)
                .verify(
                        path(line.option("--key")),
                        path(line.option("--checkpoints")),
                        line.has("--json"),
                        isTerminal() ? err : null);
    }

    private static int tail(CommandLine line, PrintStream out) {
        if (line.wantsHelp()) {
            return help(out);
        }
        String lines = line.option("-n");
        return new AuditTool(directory("audit tail", line), out)
                .tail(
                        (int) number("audit tail: -n", lines == null ? LINES : lines, 1_000_000),
                        line.has("--follow") || line.has("-f"));
    }

    private static int search(CommandLine line, PrintStream out) {
        if (line.wantsHelp()) {
            return help(out);
        }
        Map<String, String> options = new LinkedHashMap<>();
        for (String option : RecordQuery.OPTIONS) {
            String value = line.option(option);
            if (value != null) {
                options.put(option, value);
            }
        }
        return new AuditTool(directory("audit search", line), out)
                .search(RecordQuery.of(options, InstantSource.system()));
    }

    private static int export(CommandLine line, PrintStream out) {
        if (line.wantsHelp()) {
            return help(out);
        }
        String format = line.option("--format");
        if (format == null || !FORMATS.contains(format)) {
            throw new UsageException("audit export: --format: " + format + " (expected: ocsf, json)");
        }
        String after = line.option("--after");
        return new AuditTool(directory("audit export", line), out)
                .export(
                        format.equals("ocsf"),
                        after == null ? 0 : number("audit export: --after", after, Long.MAX_VALUE - 1));
    }

    private static int help(PrintStream out) {
        out.println(Usage.of("audit"));
        return 0;
    }

    private static Path directory(String verb, CommandLine line) {
        if (line.rest().size() != 1) {
            throw new UsageException(verb + ": " + (line.rest().isEmpty() ? "no directory" : "more than one directory")
                    + " (expected: headgate " + verb + " DIR)");
        }
        return Path.of(line.rest().get(0));
    }

    /** Whether the error output is one; newer JDKs have a console even where nobody looks. */
    private static boolean isTerminal() {
        try {
            Path device = Files.readSymbolicLink(ERROR_OUTPUT);
            return device.startsWith("/dev/pts") || device.toString().startsWith("/dev/tty");
        } catch (IOException unknown) {
            return false;
        }
    }

    private static @Nullable Path path(@Nullable String text) {
        return text == null ? null : Path.of(text);
    }

    private static long number(String what, String text, long most) {
        try {
            long number = Long.parseLong(text);
            if (number >= 0 && number <= most) {
                return number;
            }
        } catch (NumberFormatException wrong) {
            // Said below.
        }
        throw new UsageException(what + ": " + text + " (expected: a whole number)");
    }
}
