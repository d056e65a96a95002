package io.headgate.gateway.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Something that real peers need and that is installed or built at first use. Where that is impossible, the tests that ask for
 * it are skipped, except on CI, where they fail.
 */
final class Provision<T> {
    private static final Object ONE_AT_A_TIME = new Object();

    private final Step<T> step;
    private @Nullable T ready;
    private @Nullable String problem;

    Provision(Step<T> step) {
        this.step = step;
    }

    /** How it is made. */
    interface Step<T> {
        T make() throws IOException;
    }

    /** What has no result. */
    interface Action {
        void run() throws IOException;
    }

    T get() {
        synchronized (ONE_AT_A_TIME) {
            if (ready == null && problem == null) {
                try {
                    ready = locked(step);
                } catch (IOException e) {
                    problem = e.getMessage();
                }
            }
            if (ready != null) {
                return ready;
            }
        }
        String message = "no real peers to test with: " + problem;
        return "true".equals(System.getenv("CI")) ? fail(message) : abort(message);
    }

    private static <T> T locked(Step<T> step) throws IOException {
        Path lock = Files.createDirectories(InteropTools.WORK).resolve("install.lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            // Released with the channel: another build of this working copy may install at the same time.
            FileLock ignored = channel.lock();
            return step.make();
        }
    }

    /** Installs, unless the marker says that exactly this was installed before. */
    static void once(Path marker, String wanted, Action install) throws IOException {
        if (!Files.exists(marker) || !Files.readString(marker).equals(wanted)) {
            Files.deleteIfExists(marker);
            install.run();
            Files.writeString(marker, wanted);
        }
    }

    /** What the command prints, standard error included. */
    static String run(Path folder, int seconds, Map<String, String> environment, List<String> command)
            throws IOException {
        Path log = InteropTools.leftover(Path.of(command.get(0)).getFileName() + ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new IOException("cannot start " + command.get(0) + ": " + e.getMessage(), e);
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

    static String hash(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(Files.readString(file).getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
