package io.headgate.gateway.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A running client or server in any language, which prints one JSON value per line and nothing else on its standard output, and
 * ends when its standard input does.
 */
final class PeerProcess implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration START = Duration.ofSeconds(60);

    private final String name;
    private final Process process;
    private final Path errors;
    private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

    private PeerProcess(String name, Process process, Path errors) {
        this.name = name;
        this.process = process;
        this.errors = errors;
        Thread reader = new Thread(this::read, name + "-output");
        reader.setDaemon(true);
        reader.start();
    }

    /** Runs a script of the folder {@code src/test/interop} with Node. */
    static PeerProcess node(String script, String... arguments) {
        return start(script, InteropTools.command(InteropTools.script(script), List.of(arguments)));
    }

    /** Runs a script of the folder {@code python} in one of the environments. */
    static PeerProcess python(Python environment, String script, String... arguments) {
        return start(script, environment.command(script, List.of(arguments)));
    }

    /** Runs a program of the Go module by the name of its folder. */
    static PeerProcess go(String program, String... arguments) {
        return start(program, GoPeers.command(program, List.of(arguments)));
    }

    /** Runs a program of the Rust crate by its name. */
    static PeerProcess rust(String program, String... arguments) {
        return start(program, RustPeers.command(program, List.of(arguments)));
    }

    private static PeerProcess start(String name, List<String> command) {
        Path errors = InteropTools.leftover(name + ".err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment().putAll(InteropTools.environment());
        try {
            return new PeerProcess(name, builder.start(), errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where a server script listens: its first line says which port it got. */
    URI uri(String path) {
        JsonNode line = await(START, value -> value.has("port"));
        return URI.create("http://127.0.0.1:" + line.get("port").asInt() + path);
    }

    /** The next line that matches; those before it are dropped. */
    JsonNode await(Duration atMost, Predicate<JsonNode> wanted) {
        long end = System.nanoTime() + atMost.toNanos();
        List<JsonNode> others = new ArrayList<>();
        while (true) {
            Optional<String> line = poll(end - System.nanoTime(), others);
            if (line.isEmpty()) {
                throw new AssertionError(name + " ended after " + others + failure());
            }
            JsonNode value = JSON.readTree(line.get());
            if (wanted.test(value)) {
                return value;
            }
            others.add(value);
        }
    }

    /** Every line until the script ends by itself. */
    List<JsonNode> awaitEnd(Duration atMost) {
        long end = System.nanoTime() + atMost.toNanos();
        List<JsonNode> all = new ArrayList<>();
        Optional<String> line = poll(end - System.nanoTime(), all);
        while (line.isPresent()) {
            all.add(JSON.readTree(line.get()));
            line = poll(end - System.nanoTime(), all);
        }
        return all;
    }

    /** The exit status, and what the script said on its standard error if that is not 0. */
    String outcome() {
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                return "still running";
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return process.exitValue() == 0 ? "exit status 0" : "exit status " + process.exitValue() + failure();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                throw new AssertionError(name + " does not end");
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private Optional<String> poll(long nanos, List<JsonNode> before) {
        try {
            Optional<String> line = lines.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS);
            if (line == null) {
                throw new AssertionError(name + " said no more after " + before + failure());
            }
            return line;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private void read() {
        try (BufferedReader reader = process.inputReader(UTF_8)) {
            String line = reader.readLine();
            while (line != null) {
                lines.add(Optional.of(line));
                line = reader.readLine();
            }
        } catch (IOException e) {
            lines.add(Optional.of(JSON.writeValueAsString(e.toString())));
        } finally {
            lines.add(Optional.empty());
        }
    }

    private String failure() {
        try {
            String text = Files.readString(errors);
            return "; standard error:\n" + text.substring(Math.max(0, text.length() - 4_000));
        } catch (IOException e) {
            return "; no standard error: " + e;
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException(e);
    }
}
