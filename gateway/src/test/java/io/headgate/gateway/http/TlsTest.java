package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.filter.Events;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.Certificates;
import io.headgate.testkit.RawHttp1;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS chooses the protocol, counts why it fails, and takes new certificates while it runs. */
class TlsTest {
    @TempDir
    Path directory;

    private TlsConfig files;
    private TestDoor door;

    @BeforeEach
    void open() {
        files = write(directory, 1);
        door = new TestDoor(
                TestDoor.config(DoorLimits.DEFAULT, files, Set.of()), call -> call.answer(200, Pieces.of(call.body())));
    }

    @AfterEach
    void close() {
        door.close();
    }

    @Test
    void bothProtocolsAreNegotiated() throws Exception {
        for (HttpClient.Version version : HttpClient.Version.values()) {
            HttpClient client = HttpClient.newBuilder()
                    .sslContext(trusting())
                    .version(version)
                    .build();
            HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + door.port() + "/mcp"))
                    .version(version)
                    .header("Content-Type", "application/json")
                    .header("Accept", "application/json, text/event-stream")
                    .timeout(Duration.ofSeconds(8))
                    .POST(HttpRequest.BodyPublishers.ofString("x".repeat(500_000)))
                    .build();
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                assertThat(answer.version()).isEqualTo(version);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).hasSize(500_000);
            }
        }
    }

    @Test
    void clearTextIsNoTls() {
        try (RawHttp1 client = door.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: gw.test\r\n\r\n");
            assertThat(client.isClosed()).isTrue();
        }
        failed("not_tls");
    }

    @Test
    void aHugeClientHelloIsRefusedByItsLength() {
        try (RawHttp1 client = door.connect()) {
            client.send(new byte[] {0x16, 3, 1, 0x40, 0, 1, (byte) 0xff, (byte) 0xff, (byte) 0xff});
            assertThat(client.isClosed()).isTrue();
        }
        failed("client_hello_too_large");
    }

    @Test
    void oldVersionsAreRefused() throws IOException {
        byte[] hello = new byte[5 + 4 + 2 + 32 + 1 + 6 + 2];
        byte[] start = {0x16, 3, 1, 0, (byte) (hello.length - 5), 1, 0, 0, (byte) (hello.length - 9), 3, 2};
        System.arraycopy(start, 0, hello, 0, start.length);
        byte[] suites = {0, 4, (byte) 0xc0, 0x13, 0, 0x2f, 1, 0};
        System.arraycopy(suites, 0, hello, hello.length - suites.length, suites.length);
        try (RawHttp1 client = door.connect()) {
            client.send(hello);
            // An alert, and the end.
            assertThat(client.read()).isEqualTo(0x15);
            while (!client.isClosed()) {
                assertThat(door.door.connections()).isLessThanOrEqualTo(1);
            }
        }
        failed("protocol_version");
    }

    @Test
    void aSecondHandshakeEndsTheConnection() throws Exception {
        SSLSocket socket = socket("gw.test", parameters -> parameters.setProtocols(new String[] {"TLSv1.2"}));
        try (RawHttp1 client = new RawHttp1(socket)) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.post("{}").answer().status()).isEqualTo(200);
            }
            assertThatThrownBy(() -> {
                        socket.startHandshake();
                        client.post("{}").answer();
                    })
                    .isInstanceOfAny(IOException.class, UncheckedIOException.class);
        }
        failed("renegotiation");
    }

    /** A key update of TLS 1.3, and a session that is resumed, are no second handshakes. */
    @Test
    void bothVersionsGoOnAndAreResumed() throws Exception {
        SSLContext context = trusting();
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            for (int i = 0; i < 3; i++) {
                Socket plain = new Socket(InetAddress.getLoopbackAddress(), door.port());
                SSLSocket socket = (SSLSocket)
                        context.getSocketFactory().createSocket(plain, "localhost", door.port(), /* autoClose= */ true);
                socket.setEnabledProtocols(new String[] {version});
                try (RawHttp1 client = new RawHttp1(socket)) {
                    String body = "x".repeat(40_000);
                    assertThat(client.post(body).answer().body()).isEqualTo(body);
                    if (version.equals("TLSv1.3")) {
                        socket.startHandshake();
                    }
                    assertThat(client.post(body).answer().body()).isEqualTo(body);
                }
            }
        }
        assertThat(door.count("headgate.tls.failures")).isZero();
    }

    @Test
    void ciphersThatDoNotAuthenticateAreOff() {
        for (String suite : List.of(
                "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
                "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
                "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA")) {
            assertThatThrownBy(() -> socket("gw.test", parameters -> {
                        parameters.setProtocols(new String[] {"TLSv1.2"});
                        parameters.setCipherSuites(new String[] {suite});
                    }))
                    .as(suite)
                    .isInstanceOf(SSLException.class);
        }
        TlsCertificates certificates = new TlsCertificates(files, Duration.ofHours(1), new Events());
        assertThat(certificates.current().cipherSuites())
                .isNotEmpty()
                .allMatch(suite -> suite.contains("_GCM_") || suite.contains("_CHACHA20_POLY1305_"))
                .allMatch(suite -> suite.startsWith("TLS_ECDHE_") || !suite.contains("_WITH_"));
        certificates.stop();
    }

    @Test
    void aHandshakeThatIsNotFinishedIsClosed() {
        TestDoor impatient = new TestDoor(
                TestDoor.config(TestDoor.limits(Map.of("headerTimeout", Duration.ofMillis(300))), files, Set.of()),
                TestDoor.ECHO);
        try (impatient;
                RawHttp1 client = impatient.connect()) {
            client.send(new byte[] {0x16, 3, 1});
            assertThat(client.isClosed()).isTrue();
            assertThat(impatient.rejected("header_timeout")).isEqualTo(1);
        }
    }

    @Test
    void theHostMustBeTheNameOfTheHandshake() throws Exception {
        try (RawHttp1 client = tls("evil.test")) {
            client.post("{}");
            assertThat(client.answer().status()).isEqualTo(421);
            assertThat(client.isClosed()).isTrue();
        }
        assertThat(door.rejected("sni_host_mismatch")).isEqualTo(1);
        try (RawHttp1 client = tls("gw.test")) {
            assertThat(client.post("{}").answer().status()).isEqualTo(200);
        }
    }

    @Test
    void newFilesAreShownToNewConnections() throws Exception {
        List<String> told = told();
        try (RawHttp1 old = tls("gw.test")) {
            assertThat(serial(old)).isEqualTo(1);
            write(directory, 2);
            Await.until("the new certificate", () -> {
                try (RawHttp1 client = tls("gw.test")) {
                    return serial(client) == 2;
                }
            });
            assertThat(old.post("{}").answer().status()).isEqualTo(200);
        }
        // Said a moment after it is shown; files that were seen half written may have been refused before.
        Await.until(
                "a record of it",
                () -> !told.isEmpty()
                        && told.get(told.size() - 1).matches("key_rotated: certificate_sha256=[0-9a-f]{64} key=tls"));
    }

    /** What is told to whoever keeps records, from now on. */
    private List<String> told() {
        List<String> told = new CopyOnWriteArrayList<>();
        door.events.listen(new Events.Listener() {
            @Override
            public void happened(String name, Map<String, String> facts) {
                told.add(name + ": "
                        + new TreeMap<>(facts)
                                .entrySet().stream().map(Object::toString).collect(Collectors.joining(" ")));
            }

            @Override
            public void refused(String name, @Nullable InetAddress from) {}
        });
        return told;
    }

    @Test
    void badFilesKeepTheOldOnes() throws Exception {
        List<String> told = told();
        Files.writeString(files.certificate(), "nonsense");
        Await.until(
                "a record of it",
                () -> told.stream().anyMatch(each -> each.startsWith("key_refused: key=tls reason=tls: ")));
        long end = System.nanoTime() + Duration.ofMillis(400).toNanos();
        while (System.nanoTime() < end) {
            try (RawHttp1 client = tls("gw.test")) {
                assertThat(serial(client)).isEqualTo(1);
            }
        }
        // A key of another certificate is no better.
        Path other = Files.createDirectory(directory.resolve("other"));
        Files.copy(write(other, 3).certificate(), directory.resolve("swap.pem"));
        Files.move(
                directory.resolve("swap.pem"), files.certificate(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        end = System.nanoTime() + Duration.ofMillis(400).toNanos();
        while (System.nanoTime() < end) {
            try (RawHttp1 client = tls("gw.test")) {
                assertThat(serial(client)).isEqualTo(1);
            }
        }
        Files.copy(other.resolve("key.pem"), files.key(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Await.until("both fit", () -> {
            try (RawHttp1 client = tls("gw.test")) {
                return serial(client) == 3;
            }
        });
    }

    @Test
    void filesThatAreNoCertificateAreRefusedAtTheStart() throws IOException {
        Files.delete(files.key());
        HttpLoops loops = HttpLoops.create(Transport.AUTO, 1);
        assertThatThrownBy(() -> HttpDoor.start(
                        TestDoor.config(DoorLimits.DEFAULT, files, Set.of()),
                        TestDoor.ECHO,
                        door.meters,
                        loops,
                        new Events(),
                        door.memory))
                .isInstanceOf(ListenException.class)
                .hasMessage("tls: " + files.certificate() + " and " + files.key() + " cannot be read");
        loops.dispose();
    }

    /** New files of a certificate with this serial number. */
    private static TlsConfig write(Path directory, long serial) {
        TlsConfig config = new TlsConfig(directory.resolve("cert.pem"), directory.resolve("key.pem"));
        Certificates.of("gw.test", "localhost", "evil.test")
                .serial(serial)
                .make()
                .write(config.certificate(), config.key());
        return config;
    }

    private void failed(String reason) {
        Await.until(reason, () -> door.count("headgate.tls.failures", "reason", reason) == 1);
        assertThat(door.count("headgate.tls.failures")).isEqualTo(1);
    }

    private RawHttp1 tls(String name) {
        try {
            return new RawHttp1(socket(name, parameters -> {}));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SSLSocket socket(String name, Consumer<SSLParameters> changes) throws IOException {
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), door.port());
        SSLSocket socket =
                (SSLSocket) trusting().getSocketFactory().createSocket(plain, name, door.port(), /* autoClose= */ true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        changes.accept(parameters);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private static long serial(RawHttp1 client) {
        try {
            SSLSocket socket = (SSLSocket) client.socket();
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            return shown.getSerialNumber().longValue();
        } catch (javax.net.ssl.SSLPeerUnverifiedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SSLContext trusting() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustAll()}, new SecureRandom());
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whom these tests connect to is themselves. */
    private static final class TrustAll extends javax.net.ssl.X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
