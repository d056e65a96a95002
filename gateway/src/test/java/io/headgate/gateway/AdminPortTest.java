package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.config.ConfigRejected;
import io.headgate.testkit.RawHttp1;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The admin port on all addresses of the machine: who names it wrongly, or shows no token, learns nothing. */
class AdminPortTest {
    private static final String TOKEN = "correct-horse-battery-staple";
    private static final String AUTHORIZED = "Authorization: Bearer " + TOKEN;

    @TempDir
    private Path directory;

    private @Nullable Gateway gateway;

    @BeforeEach
    void start() throws IOException {
        Files.writeString(directory.resolve("admin-token"), TOKEN + "\n");
        gateway = Gateway.start(
                read("admin: {listen: '0.0.0.0:0', token: '${file:admin-token}', allowedHosts: [gateway.internal]}"));
    }

    @AfterEach
    void stop() {
        if (gateway != null) {
            gateway.stop();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/metrics", "/state", "/nowhere"})
    void nothingIsShownWithoutTheToken(String path) throws IOException {
        for (String shown : List.of(
                "X: y",
                "Authorization: Bearer",
                "Authorization: Bearer ",
                "Authorization: Bearer " + TOKEN + "x",
                "Authorization: Bearer " + TOKEN.substring(1),
                "Authorization: Basic " + TOKEN,
                "Authorization: " + TOKEN,
                AUTHORIZED + "\r\n" + AUTHORIZED,
                AUTHORIZED + "\r\nAuthorization: Bearer other")) {
            String answer = ask("GET " + path, "localhost", shown);
            assertThat(answer).as(shown).startsWith("HTTP/1.1 401 ").containsIgnoringCase("www-authenticate: Bearer");
            assertThat(answer).doesNotContain("headgate_").doesNotContain("servers");
        }
    }

    @Test
    void theTokenOpensIt() throws IOException {
        assertThat(ask("GET /metrics", "localhost", AUTHORIZED))
                .startsWith("HTTP/1.1 200 ")
                .contains("headgate_build_info");
        assertThat(ask("GET /state", "localhost", "authorization: bearer " + TOKEN))
                .startsWith("HTTP/1.1 200 ");
        assertThat(ask("GET /nowhere", "localhost", AUTHORIZED)).startsWith("HTTP/1.1 404 ");
    }

    /** An orchestrator asks by the address of the machine, and has no token. */
    @Test
    void probesNeedNoToken() throws IOException {
        assertThat(ask("GET /healthz", "127.0.0.1:" + port(), "X: y"))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("ok\n");
        assertThat(ask("GET /readyz", "127.0.0.1", "X: y"))
                .startsWith("HTTP/1.1 503 ")
                .endsWith("not ready\n");
        assertThat(ask("GET /healthz", "evil.example", "X: y")).startsWith("HTTP/1.1 403 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.com",
                "evil.com:9090",
                "localhost.evil.com",
                "0.0.0.0",
                "10.255.255.1",
                "",
                "127.0.0.1.nip.io",
                "localhost\r\nHost: localhost"
            })
    void onlyItsOwnNamesAreHosts(String host) throws IOException {
        assertThat(ask("GET /state", host, AUTHORIZED))
                .matches("(?s)HTTP/1.1 40[03] .*")
                .doesNotContain("servers");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost", "LOCALHOST:1", "127.0.0.1", "[::1]", "gateway.internal", "Gateway.Internal:80"})
    void itsNamesAreHosts(String host) throws IOException {
        assertThat(ask("GET /state", host, AUTHORIZED)).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void theAddressOfTheConnectionIsAHost() throws IOException {
        try (Socket socket = new Socket(InetAddress.getByName("127.0.0.2"), port())) {
            assertThat(ask(socket, "GET /state", "127.0.0.2", AUTHORIZED)).startsWith("HTTP/1.1 200 ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://evil.com",
                "null",
                "https://localhost.evil.com",
                "http://127.0.0.1:1",
                "http://localhost:2"
            })
    void pagesOfOthersAreRefused(String origin) throws IOException {
        String answer = ask("GET /state", "localhost:1", AUTHORIZED + "\r\nOrigin: " + origin);
        assertThat(answer).startsWith("HTTP/1.1 403 ").doesNotContain("servers");
        assertThat(ask("GET /state", "localhost:1", AUTHORIZED + "\r\nOrigin: http://localhost:1"))
                .startsWith("HTTP/1.1 200 ");
        assertThat(ask("GET /healthz", "localhost:1", "Origin: " + origin)).startsWith("HTTP/1.1 403 ");
    }

    @Test
    void onlyReadsArePossible() throws IOException {
        for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")) {
            assertThat(ask(method + " /state", "localhost", AUTHORIZED))
                    .startsWith("HTTP/1.1 405 ")
                    .containsIgnoringCase("allow: GET, HEAD");
        }
        String head = ask("HEAD /healthz", "localhost", "X: y");
        assertThat(head)
                .startsWith("HTTP/1.1 200 ")
                .containsIgnoringCase("content-length: 3")
                .endsWith("\r\n\r\n");
    }

    @Test
    void refusalsAreCountedByTheirReason() throws IOException {
        ask("GET /state", "evil.com", AUTHORIZED);
        ask("GET /state", "localhost", AUTHORIZED + "\r\nOrigin: http://evil.com");
        ask("GET /state", "localhost", "X: y");
        ask("POST /state", "localhost", AUTHORIZED);
        assertThat(ask("GET /metrics", "localhost", AUTHORIZED))
                .contains("headgate_admin_rejected_total{reason=\"host\"} 1.0")
                .contains("headgate_admin_rejected_total{reason=\"origin\"} 1.0")
                .contains("headgate_admin_rejected_total{reason=\"token\"} 1.0")
                .contains("headgate_admin_rejected_total{reason=\"method\"} 1.0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0:9090",
                "':9090'",
                "'[::]:9090'",
                "192.168.1.7:9090",
                "gateway.internal:9090",
                "127.0.0.1.nip.io:9090",
                "{listen: 0.0.0.0:9090}",
                "{listen: 0.0.0.0:9090, allowedHosts: [a.b]}"
            })
    void anAddressForOthersNeedsAToken(String admin) {
        ConfigRejected rejected = Assertions.catchThrowableOfType(ConfigRejected.class, () -> read("admin: " + admin));
        assertThat(rejected.problems())
                .hasSize(1)
                .element(0)
                .asString()
                .contains("admin")
                .contains("without a token")
                .contains("expected: an address of the loopback");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1:9090", "127.8.0.1:9090", "'[::1]:9090'", "localhost:9090", "{listen: '[::1]:1'}"})
    void onTheLoopbackNoneIsNeeded(String admin) throws IOException {
        assertThat(read("admin: " + admin).admin().token()).isNull();
    }

    @Test
    void aBadTokenIsRefusedAndNotShown() throws IOException {
        for (String bad : List.of("too-short", "with a space in the middle", "t\u00f6ken-of-sixteen-and-more")) {
            Files.writeString(directory.resolve("admin-token"), bad);
            ConfigRejected rejected = Assertions.catchThrowableOfType(
                    ConfigRejected.class, () -> read("admin: {listen: ':9090', token: '${file:admin-token}'}"));
            assertThat(String.join("\n", rejected.problems()))
                    .contains("admin.token")
                    .contains("expected: 16 to 4096 visible ASCII characters")
                    .doesNotContain(bad);
        }
    }

    private Config read(String admin) throws IOException {
        Path file = directory.resolve("headgate.yaml");
        Files.writeString(
                file, "listen: 127.0.0.1:0\n" + admin + "\nmcpServers: {a: {url: 'http://127.0.0.1:1/mcp'}}\n");
        return ConfigFile.read(file);
    }

    private int port() {
        Gateway running = gateway;
        if (running == null) {
            throw new IllegalStateException("it does not run");
        }
        return running.adminAddress().getPort();
    }

    private String ask(String what, String host, String fields) throws IOException {
        try (Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), port())) {
            return ask(socket, what, host, fields);
        }
    }

    private static String ask(Socket socket, String what, String host, String fields) throws IOException {
        try (RawHttp1 client = new RawHttp1(socket)) {
            return client.send(what + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\nConnection: close\r\n\r\n")
                    .rest();
        }
    }
}
