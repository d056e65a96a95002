package io.headgate.gateway.scale;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** The reference upstream as a process, which can be killed and started again on its port. */
final class DemoProcess implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(20);

    private final int port;
    private final String[] options;
    private ChildJvm jvm;

    private DemoProcess(int port, String... options) {
        this.port = port;
        this.options = options;
        this.jvm = launch();
    }

    static DemoProcess start(String... options) {
        return at(ChildJvm.freePort(), options);
    }

    static DemoProcess at(int port, String... options) {
        return new DemoProcess(port, options);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    String url() {
        return "http://127.0.0.1:" + port + "/mcp";
    }

    void kill() {
        jvm.kill();
    }

    void restart() {
        jvm.close();
        jvm = launch();
    }

    /** The entries of a ledger for one tool. */
    static List<JsonNode> ledger(Path file, String tool) {
        return ledger(file).stream()
                .filter(entry -> entry.path("tool").asString().equals(tool))
                .toList();
    }

    /** All entries of a ledger. */
    static List<JsonNode> ledger(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.map(Answer::json).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        jvm.close();
    }

    private ChildJvm launch() {
        List<String> arguments = new ArrayList<>(List.of("demo-server", "--listen", "127.0.0.1:" + port));
        arguments.addAll(List.of(options));
        ChildJvm started = ChildJvm.start(List.of("-Xmx512m"), arguments.toArray(String[]::new));
        Await.until(START, () -> "demo-server listens\n" + started.said(), () -> accepts(started));
        return started;
    }

    private boolean accepts(ChildJvm started) {
        if (!started.isAlive()) {
            throw new AssertionError("demo-server ended\n" + started.said());
        }
        try (Socket socket = new Socket()) {
            socket.connect(address(), 1_000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }
}
