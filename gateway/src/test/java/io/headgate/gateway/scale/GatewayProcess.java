package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The gateway as a process, started from a file as an operator would write it. */
final class GatewayProcess implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(30);
    private static final Duration ADMIN = Duration.ofSeconds(5);
    private static final List<String> PARANOID = List.of("-Xmx512m", "-Dio.netty.leakDetection.level=paranoid");

    private final HttpClient admin =
            HttpClient.newBuilder().connectTimeout(ADMIN).build();
    private final Path file;
    private final int port;
    private final int adminPort;
    private final ChildJvm jvm;
    private final Duration startTime;
    private final boolean mayRunOutOfMemory;

    private GatewayProcess(Builder builder) {
        mayRunOutOfMemory = builder.mayRunOutOfMemory;
        port = builder.port == 0 ? ChildJvm.freePort() : builder.port;
        adminPort = ChildJvm.freePort();
        file = builder.write(port, adminPort);
        long started = System.nanoTime();
        jvm = ChildJvm.start(builder.jvmOptions, "run", "-c", file.toString());
        Await.until(START, () -> "the gateway is ready\n" + jvm.said(), this::isReady);
        startTime = Duration.ofNanos(System.nanoTime() - started);
    }

    static Builder before(String server, String url) {
        return new Builder().and(server, url);
    }

    /** What the file says, and how the JVM is started. */
    static final class Builder {
        private final Map<String, String> servers = new LinkedHashMap<>();
        private final List<String> lines = new ArrayList<>();
        private List<String> jvmOptions = PARANOID;
        private int port;
        private boolean mayRunOutOfMemory;

        /** One that is made to: the JVM may say so of each of its threads. */
        Builder mayRunOutOfMemory() {
            mayRunOutOfMemory = true;
            return this;
        }

        /** One more upstream, whose prefix is its name and two underscores. */
        Builder and(String server, String url) {
            servers.put(server, url);
            return this;
        }

        /** Lines of YAML beside the servers. */
        Builder with(String... yaml) {
            lines.addAll(List.of(yaml));
            return this;
        }

        Builder jvm(String... options) {
            jvmOptions = List.of(options);
            return this;
        }

        GatewayProcess start() {
            return new GatewayProcess(this);
        }

        private Path write(int port, int adminPort) {
            List<String> yaml = new ArrayList<>();
            yaml.add("listen: 127.0.0.1:" + port);
            yaml.add("admin: 127.0.0.1:" + adminPort);
            yaml.add("mcpServers:");
            servers.forEach((name, url) -> yaml.add("  " + name + ": {url: \"" + url + "\", prefix: " + name + "__}"));
            yaml.addAll(lines);
            try {
                return Files.write(Files.createTempFile("headgate-", ".yaml"), yaml);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    ChildJvm jvm() {
        return jvm;
    }

    /** From the start of the process to the first answer that it is ready. */
    Duration startTime() {
        return startTime;
    }

    /** The sum over all tags of one meter, 0 if nothing was counted yet; the name is the one that Prometheus shows. */
    double metric(String name, String... tags) {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .filter(line -> Stream.of(tags).allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** All lines of the meters whose names begin so, for the message of a failure. */
    String metrics(String prefix) {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(prefix))
                .collect(Collectors.joining("\n"));
    }

    String state() {
        return get("/state").body();
    }

    /** Fails if the gateway had been dying or leaking while the test went well. */
    @Override
    public void close() {
        String said = jvm.output() + jvm.errors();
        jvm.close();
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(said).doesNotContain("LEAK:");
        if (!mayRunOutOfMemory) {
            assertThat(said).doesNotContain("OutOfMemoryError");
        }
    }

    boolean isReady() {
        if (!jvm.isAlive()) {
            throw new AssertionError("the gateway ended\n" + jvm.said());
        }
        try {
            return get("/readyz").statusCode() == 200;
        } catch (UncheckedIOException notYet) {
            return false;
        }
    }

    private HttpResponse<String> get(String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + path))
                .timeout(ADMIN)
                .build();
        try {
            return admin.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException("admin port\n" + jvm.said(), e);
        } catch (InterruptedException e) {
            throw Await.interrupted(e);
        }
    }
}
