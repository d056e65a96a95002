package io.headgate.gateway.scale;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Headgate's own main class in a process of its own, seen from outside. */
final class ChildJvm implements AutoCloseable {
    private static final Duration END = Duration.ofSeconds(20);

    private final Process process;
    private final Path output;
    private final Path errors;

    private ChildJvm(Process process, Path output, Path errors) {
        this.process = process;
        this.output = output;
        this.errors = errors;
    }

    static ChildJvm start(List<String> jvmOptions, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        // As the manifest of the jar says; without it newer JDKs warn on the error output.
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.headgate.gateway.Main"));
        command.addAll(List.of(arguments));
        try {
            Path output = Files.createTempFile("headgate-", ".out");
            Path errors = Files.createTempFile("headgate-", ".err");
            Process process = new ProcessBuilder(command)
                    .redirectOutput(output.toFile())
                    .redirectError(errors.toFile())
                    .start();
            return new ChildJvm(process, output, errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A port that was free a moment ago. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Asks it to stop, as SIGTERM does. */
    void terminate() {
        process.destroy();
    }

    /** Ends it without a chance to say anything, as SIGKILL does. */
    void kill() {
        process.destroyForcibly();
        var unused = exitCode(END);
    }

    int exitCode(Duration atMost) {
        try {
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("still running after " + atMost.toMillis() + " ms\n" + said());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw Await.interrupted(e);
        }
    }

    String output() {
        return read(output);
    }

    String errors() {
        return read(errors);
    }

    /** The end of all that it wrote, for the message of a failure. */
    String said() {
        String all = (isAlive() ? "" : "exit status " + process.exitValue() + "\n") + output() + errors();
        return all.substring(Math.max(0, all.length() - 6_000));
    }

    /** The most memory that the process ever had, in MiB. */
    long peakMemory() {
        String line = Stream.of(read(Path.of("/proc", Long.toString(process.pid()), "status"))
                        .split("\n"))
                .filter(each -> each.startsWith("VmHWM:"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
    }

    /** How much processor time the process has used so far. */
    Duration processorTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    int openFiles() {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return (int) files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        kill();
        try {
            Files.deleteIfExists(output);
            Files.deleteIfExists(errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
