package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp1;
import io.headgate.testkit.SessionClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Open streams of older clients do not hold up a gateway that stops, and bring the answers that are still owed. */
class StreamsAtTheEndTest {
    private static final Address FREE = new Address("127.0.0.1", 0);
    private static final Duration GRACE = Config.ShutdownConfig.DEFAULT.grace();
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final DemoServer demo = DemoServer.start(DemoServerOptions.builder().build());
    private final Gateway gateway = Gateway.start(Config.of(
            FREE,
            FREE,
            List.of(new UpstreamConfig(
                    "a",
                    URI.create(demo.url()),
                    UpstreamTransport.HTTP,
                    "a__",
                    Map.of(),
                    false,
                    false,
                    null,
                    UpstreamLimits.DEFAULT))));

    @BeforeEach
    void waitUntilReady() {
        Await.until("the gateway is ready", gateway::isReady);
    }

    @AfterEach
    void stop() {
        gateway.stop();
        demo.stop();
    }

    @Test
    void anEventStreamBringsItsLastAnswerAndEnds() throws Exception {
        try (Socket idle = connect();
                Socket busy = connect()) {
            BufferedReader quiet = open(idle, "/sse", "");
            assertThat(data(quiet)).startsWith("messages?");
            BufferedReader stream = open(busy, "/sse", "");
            String endpoint = "/" + Objects.requireNonNull(data(stream));
            post(endpoint, SessionClient.initialize("2024-11-05", "{}"));
            assertThat(data(stream)).contains("\"id\":0");
            post(endpoint, SessionClient.callMessage(1, "a__sleep", "{\"ms\":1500}"));
            long started = System.nanoTime();
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(gateway::stop);
            assertThat(data(quiet)).isNull();
            assertThat(stopped).isNotDone();
            assertThat(data(stream)).contains("\"id\":1").contains("after 1500 ms");
            assertThat(data(stream)).isNull();
            stopped.get(8, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(GRACE.dividedBy(2));
        }
    }

    @Test
    void theStreamOfASessionEndsAtOnce() throws Exception {
        String session = SessionClient.of(gateway.address(), "{}").session();
        try (Socket first = connect();
                Socket second = connect()) {
            BufferedReader stream = open(first, "/mcp", "Mcp-Session-Id: " + session + "\r\n");
            BufferedReader waiting = open(second, "/mcp", "Mcp-Session-Id: " + session + "\r\n");
            long started = System.nanoTime();
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(gateway::stop);
            assertThat(stream.lines().filter(line -> line.startsWith("data: {")))
                    .isEmpty();
            assertThat(waiting.lines().filter(line -> line.startsWith("data: {")))
                    .isEmpty();
            stopped.get(8, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(GRACE.dividedBy(2));
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", gateway.address().getPort());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return socket;
    }

    private static BufferedReader open(Socket socket, String path, String fields) throws IOException {
        String request =
                "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n" + fields + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        assertThat(reader.readLine()).isEqualTo("HTTP/1.1 200 OK");
        return reader;
    }

    /** The data of the next event, or null at the end. */
    private static @Nullable String data(BufferedReader stream) throws IOException {
        for (String line = stream.readLine(); line != null; line = stream.readLine()) {
            if (line.startsWith("data: ")) {
                return line.substring(6);
            }
        }
        return null;
    }

    private String post(String path, String body) {
        try (RawHttp1 client = new RawHttp1(gateway.address().getPort())) {
            return client.send(RawHttp1.postTo("localhost", path, body, "Connection: close"))
                    .rest();
        }
    }
}
