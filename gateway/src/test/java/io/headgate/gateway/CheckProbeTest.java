package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.headgate.filter.ratelimit.RedisProcess;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code check --probe} before real servers, a real Redis and a real receiver. */
@Timeout(60)
class CheckProbeTest {
    private static final String TOKEN = "Bearer token-of-the-receiver";

    @TempDir
    Path directory;

    /** How a check ended. */
    private record Outcome(int status, String out, List<String> err) {}

    @Test
    void asksEverythingThatTheFileNames() throws Exception {
        DemoServer server = DemoServer.start(DemoServerOptions.builder().build());
        AtomicInteger bytes = new AtomicInteger(-1);
        HttpServer receiver = receiver(bytes);
        try (RedisProcess redis = RedisProcess.start()) {
            Outcome outcome = check(file(server.url(), redis.uri(), receiver, TOKEN), false);
            assertThat(outcome.err()).isEmpty();
            assertThat(outcome.status()).isZero();
            assertThat(outcome.out()).matches("(?s).*: OK \\(1 server, 6 filters, \\d+ tools\\)\\R");
            assertThat(bytes).hasValue(0);
        } finally {
            receiver.stop(0);
            server.close();
        }
    }

    @Test
    void saysWhoDoesNotAnswerWithItsLine() throws Exception {
        HttpServer receiver = receiver(new AtomicInteger());
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String away = "redis://127.0.0.1:1";
            String url = "http://127.0.0.1:" + silent.getLocalPort() + "/mcp";
            Outcome outcome = check(file(url, away, receiver, "Bearer another-token"), false);
            assertThat(outcome.status()).isEqualTo(1);
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.err()).hasSize(3);
            assertThat(outcome.err().get(0)).contains("headgate.yaml:2:3 mcpServers.demo: ");
            assertThat(outcome.err().get(2)).contains(":9:17 filters.with[1].rateLimit.shared: Redis does not answer");
            assertThat(outcome.err().get(1))
                    .contains(":7:17 filters.with[0].audit.export: http://127.0.0.1:"
                            + receiver.getAddress().getPort() + " answers 401 (expected: 2xx)");
            assertThat(String.join("", outcome.err())).doesNotContain("another-token");
        } finally {
            receiver.stop(0);
        }
    }

    @Test
    void warnsOfPatternsThatFitNoToolAndOfToolsThatTwoHave() throws Exception {
        DemoServer server = DemoServer.start(DemoServerOptions.builder().build());
        try {
            String url = server.url();
            Path file = write("mcpServers:\n  a: {url: '" + url + "', prefix: demo__}\n  demo: {url: '" + url + "'}\n"
                    + "filters: {extends: default, with: [{retry: {idempotent: [demo__ech*, demo__ehco]}}]}\n");
            Outcome outcome = check(file, false);
            assertThat(outcome.status()).isZero();
            assertThat(outcome.err()).hasSize(3);
            assertThat(outcome.err().get(0)).contains("warning: mcpServers.demo.prefix: that of a too");
            assertThat(outcome.err().get(1))
                    .containsPattern(":3:3 warning: mcpServers.demo: the tool demo__\\S+ is one of a");
            assertThat(outcome.err().get(2))
                    .contains(":4:70 warning: filters.with[0].retry.idempotent[1]: demo__ehco fits no tool");
            assertThat(check(file, true).status()).isEqualTo(1);
        } finally {
            server.close();
        }
    }

    private Path file(String url, String redis, HttpServer receiver, String token) throws IOException {
        return write("mcpServers:\n  demo: {url: '" + url + "', limits: {connectTimeout: 2s}}\n"
                + "filters:\n  extends: default\n  with:\n    - audit:\n        export: {url: 'http://127.0.0.1:"
                + receiver.getAddress().getPort() + "/ingest', headers: {Authorization: '" + token + "'}}\n"
                + "    - rateLimit:\n        shared: '" + redis + "'\n        nodes: 2\n"
                + "        limits: [{per: address, rate: 9/s}]\n");
    }

    private static HttpServer receiver(AtomicInteger bytes) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        server.createContext("/ingest", exchange -> {
            bytes.set(exchange.getRequestBody().readAllBytes().length);
            boolean isKnown = TOKEN.equals(exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.sendResponseHeaders(isKnown ? 400 : 401, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static Outcome check(Path file, boolean isStrict) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = CheckCommand.check(file, isStrict, true, print(out), print(err));
        return new Outcome(
                status,
                out.toString(StandardCharsets.UTF_8),
                err.toString(StandardCharsets.UTF_8).lines().toList());
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, /* autoFlush= */ true, StandardCharsets.UTF_8);
    }

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve("headgate.yaml"), text);
    }
}
