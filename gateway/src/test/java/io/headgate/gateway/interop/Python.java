package io.headgate.gateway.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The virtual environments of the Python peers, one for each SDK, made at first use from a file that pins every package. */
enum Python {
    /** The official SDK, version 1, which most agents still run. */
    MCP_1("mcp1", "mcp"),

    /** The official SDK, version 2, which speaks both eras. */
    MCP_2("mcp2", "mcp"),

    FASTMCP("fastmcp", "fastmcp");

    private static final Path SCRIPTS = InteropTools.script("python");
    private static final Map<Python, Provision<Path>> BINARIES = Arrays.stream(values())
            .collect(Collectors.toMap(
                    environment -> environment, environment -> new Provision<>(environment::installed)));

    private final String folder;
    private final String sdk;

    Python(String folder, String sdk) {
        this.folder = folder;
        this.sdk = sdk;
    }

    /** Installs the packages when that is due. */
    void install() {
        Path unused = binary();
    }

    private Path binary() {
        return Objects.requireNonNull(BINARIES.get(this)).get();
    }

    /** A command that runs a script of the folder in this environment. */
    List<String> command(String script, List<String> arguments) {
        List<String> command = new ArrayList<>(
                List.of(binary().toString(), SCRIPTS.resolve(script).toString()));
        command.addAll(arguments);
        return command;
    }

    /** The version of the SDK that the file pins. */
    String version() {
        try {
            return Files.readAllLines(requirements()).stream()
                    .filter(line -> line.startsWith(sdk + "=="))
                    .map(line -> line.substring(sdk.length() + 2))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(requirements() + " does not pin " + sdk));
        } catch (IOException e) {
            throw new AssertionError(requirements().toString(), e);
        }
    }

    private Path requirements() {
        return SCRIPTS.resolve("requirements-" + folder + ".txt");
    }

    private Path installed() throws IOException {
        Path environment = SCRIPTS.resolve(".venv").resolve(folder);
        Path python = environment.resolve("bin/python");
        String version = Provision.run(SCRIPTS, 20, Map.of(), List.of("python3", "--version"));
        Provision.once(environment.resolve(".headgate-installed"), version + Provision.hash(requirements()), () -> {
            run("python3", "-m", "venv", "--clear", environment.toString());
            // Wheels only and no dependencies of their own choice: the file names everything, which is checked at the
            // end.
            run(
                    python.toString(),
                    "-m",
                    "pip",
                    "install",
                    "--no-deps",
                    "--only-binary",
                    ":all:",
                    "--no-input",
                    "--disable-pip-version-check",
                    "--requirement",
                    requirements().toString());
            run(python.toString(), "-m", "pip", "check", "--disable-pip-version-check");
        });
        return python;
    }

    private static void run(String... command) throws IOException {
        String unused = Provision.run(SCRIPTS, 600, Map.of(), List.of(command));
    }
}
