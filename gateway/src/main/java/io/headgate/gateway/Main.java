package io.headgate.gateway;

import io.headgate.gateway.CommandLine.UsageException;
import io.headgate.gateway.admin.AdminServer.AdminException;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.config.ConfigRejected;
import io.headgate.gateway.config.Nearest;
import io.headgate.gateway.config.schema.ConfigSchema;
import io.headgate.gateway.http.ListenException;
import io.headgate.gateway.telemetry.Fatal;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The command line. */
public final class Main {
    /** EX_CONFIG of sysexits.h: a service manager need not start it again before the file is another one. */
    private static final int BAD_FILE = 78;

    private static final String LEAK_DETECTION = "io.netty.leakDetection.level";

    private static final List<String> VERBS =
            List.of("run", "demo", "demo-server", "check", "diff", "schema", "probe", "audit", "help");
    private static final List<String> OTHER_WORDS = List.of("--help", "-h", "--version");
    private static final List<String> FILE_OPTIONS = List.of("-c", "--config");
    private static final List<String> CHECK_FLAGS =
            List.of(CheckCommand.STRICT, DiffCommand.AS_JSON, CheckCommand.PROBE);
    private static final List<String> CHECK_OPTIONS = List.of("-c", "--config", DiffCommand.AGAINST);

    private final PrintStream out;
    private final PrintStream err;

    Main(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /**
     * Ends with 0, or with one line for each thing that is wrong and 78 if the file is, else 1; a server runs until it is told
     * to stop.
     */
    public static void main(String[] arguments) {
        // Netty samples buffers for leaks; the tests watch all of them instead, so that calls need not pay for it.
        if (System.getProperty(LEAK_DETECTION) == null) {
            System.setProperty(LEAK_DETECTION, "disabled");
        }
        int status = new Main(System.out, System.err).run(arguments);
        if (status != 0) {
            System.exit(status);
        }
    }

    int run(String[] arguments) {
        try {
            String verb = arguments.length == 0 ? "help" : arguments[0];
            List<String> rest = Arrays.asList(arguments).subList(Math.min(1, arguments.length), arguments.length);
            return run(verb, rest);
        } catch (ConfigRejected rejected) {
            rejected.withWarnings().forEach(err::println);
            return arguments[0].equals("run") ? BAD_FILE : 1;
        } catch (UsageException | ListenException | AdminException | IllegalArgumentException known) {
            err.println("headgate: " + known.getMessage());
        } catch (RuntimeException unforeseen) {
            err.println("headgate: cannot start: " + oneLine(unforeseen));
        }
        return 1;
    }

    private int run(String verb, List<String> arguments) {
        if (!VERBS.contains(verb) && !OTHER_WORDS.contains(verb)) {
            throw new UsageException("unknown command " + verb + Nearest.hint(verb, VERBS));
        }
        return switch (verb) {
            case "run" -> runGateway(CommandLine.parse(verb, FILE_OPTIONS, arguments));
            case "check" -> check(CommandLine.parse(verb, CHECK_OPTIONS, CHECK_FLAGS, arguments));
            case "diff" -> DiffCommand.run(arguments, out, err);
            case "schema" -> schema(CommandLine.parse(verb, List.of(), arguments));
            case "demo" -> demo(CommandLine.parse(verb, List.of(), arguments));
            case "demo-server" -> demoServer(CommandLine.parse(verb, DemoCommands.SERVER_OPTIONS, arguments));
            case "probe" -> probe(CommandLine.parse(verb, List.of("--header"), arguments));
            case "audit" -> AuditCommands.run(arguments, out, err);
            case "--version" -> say("headgate " + Version.current());
            default -> say(Usage.of(arguments.isEmpty() ? "help" : arguments.get(0)));
        };
    }

    private int runGateway(CommandLine line) {
        if (line.wantsHelp()) {
            return say(Usage.of("run"));
        }
        Fatal.arm();
        Path file = file("run", line);
        Config config = ConfigFile.read(file);
        config.warnings().forEach(err::println);
        Gateway gateway = Gateway.start(config, () -> ConfigFile.read(file));
        Shutdown.onSignal(gateway::stop);
        String scheme = config.tls() == null ? "http" : "https";
        return say("Headgate " + Version.current() + " serves " + scheme + "://" + Gateway.text(gateway.address())
                + "/mcp, admin http://" + Gateway.text(gateway.adminAddress()) + "/");
    }

    private int check(CommandLine line) {
        if (line.wantsHelp()) {
            return say(Usage.of("check"));
        }
        Path file = file("check", line);
        boolean isStrict = line.has(CheckCommand.STRICT);
        boolean asJson = line.has(DiffCommand.AS_JSON);
        String running = line.option(DiffCommand.AGAINST);
        if (running != null && line.has(CheckCommand.PROBE)) {
            throw new UsageException("check: " + CheckCommand.PROBE + " with " + DiffCommand.AGAINST
                    + " (expected: one of them at a time)");
        }
        if (running != null) {
            return DiffCommand.against(file, running, isStrict, asJson, out, err);
        }
        if (asJson) {
            throw new UsageException("check: " + DiffCommand.AS_JSON + " without " + DiffCommand.AGAINST
                    + " (expected: headgate check -c FILE --against http://127.0.0.1:9090 --json)");
        }
        return CheckCommand.check(file, isStrict, line.has(CheckCommand.PROBE), out, err);
    }

    private int schema(CommandLine line) {
        if (line.wantsHelp()) {
            return say(Usage.of("schema"));
        }
        if (line.rest().isEmpty()) {
            return say(ConfigSchema.file().stripTrailing());
        }
        if (!line.rest().equals(List.of("keys"))) {
            throw new UsageException("schema: unexpected " + line.rest().get(0) + " (expected: nothing, or keys)");
        }
        return say(ConfigSchema.keysFile().stripTrailing());
    }

    private int demo(CommandLine line) {
        if (line.wantsHelp()) {
            return say(Usage.of("demo"));
        }
        nothingElse("demo", line);
        Fatal.arm();
        return say(DemoCommands.demo());
    }

    private int demoServer(CommandLine line) {
        if (line.wantsHelp()) {
            return say(Usage.of("demo-server"));
        }
        nothingElse("demo-server", line);
        return say(DemoCommands.server(line));
    }

    private int probe(CommandLine line) {
        if (line.wantsHelp()) {
            return say(Usage.of("probe"));
        }
        if (line.rest().size() != 1) {
            throw new UsageException("probe: no URL (expected: headgate probe http://HOST:PORT/mcp)");
        }
        return say(ProbeCommand.probe(line.rest().get(0), line.all("--header")));
    }

    private int say(String text) {
        out.println(text);
        out.flush();
        return 0;
    }

    private static Path file(String verb, CommandLine line) {
        nothingElse(verb, line);
        List<String> files = FILE_OPTIONS.stream()
                .flatMap(option -> line.all(option).stream())
                .toList();
        if (files.size() != 1) {
            throw new UsageException(verb + ": " + (files.isEmpty() ? "no file" : "more than one file")
                    + " (expected: headgate " + verb + " -c headgate.yaml)");
        }
        return Path.of(files.get(0));
    }

    private static void nothingElse(String verb, CommandLine line) {
        if (!line.rest().isEmpty()) {
            throw new UsageException(verb + ": unexpected " + line.rest().get(0) + " (expected: only options)");
        }
    }

    private static String oneLine(Throwable unforeseen) {
        return unforeseen.toString().replaceAll("\\s+", " ");
    }
}
