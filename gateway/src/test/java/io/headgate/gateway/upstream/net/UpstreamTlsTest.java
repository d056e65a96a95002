package io.headgate.gateway.upstream.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.mcp.JsonRpc;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRoutes;
import reactor.netty.tcp.SslProvider.GenericSslContextSpec;

class UpstreamTlsTest {
    private static final String OK = "{\"resultType\":\"complete\"}";

    @TempDir
    Path directory;

    record Identity(PrivateKey key, X509Certificate certificate, X509Certificate authority) {}

    /** A certificate for a host, signed by an authority of its own. */
    private static Identity identity(GeneralName host, Duration validFor) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        KeyPair authority = generator.generateKeyPair();
        KeyPair server = generator.generateKeyPair();
        X509Certificate root = sign("CN=authority", authority, authority, Duration.ofDays(1), null);
        return new Identity(server.getPrivate(), sign("CN=fake", server, authority, validFor, host), root);
    }

    private static X509Certificate sign(
            String subject, KeyPair keys, KeyPair issuer, Duration validFor, @Nullable GeneralName host)
            throws Exception {
        Instant end = Instant.now().plus(validFor);
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                new X500Name("CN=authority"),
                BigInteger.valueOf(host == null ? 1 : 2),
                Date.from(end.minus(Duration.ofDays(2))),
                Date.from(end),
                new X500Name(subject),
                keys.getPublic());
        if (host == null) {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        } else {
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(host));
        }
        byte[] encoded = builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(issuer.getPrivate()))
                .getEncoded();
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
    }

    private String trustFile(Identity identity) throws Exception {
        Path file = directory.resolve("trust.pem");
        String body =
                Base64.getMimeEncoder().encodeToString(identity.authority().getEncoded());
        Files.writeString(file, "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n");
        return file.toString();
    }

    private static DisposableServer server(
            @Nullable Identity identity, AtomicInteger connections, HttpProtocol... protocols) {
        HttpServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .protocol(protocols)
                .doOnChannelInit((observer, channel, remote) -> connections.incrementAndGet())
                .route(UpstreamTlsTest::routes);
        if (identity != null) {
            GenericSslContextSpec<SslContextBuilder> context =
                    List.of(protocols).contains(HttpProtocol.H2)
                            ? Http2SslContextSpec.forServer(identity.key(), identity.certificate())
                            : Http11SslContextSpec.forServer(identity.key(), identity.certificate());
            server = server.secure(spec -> spec.sslContext(context));
        }
        return server.bindNow();
    }

    private static void routes(HttpServerRoutes routes) {
        routes.post(
                "/mcp",
                (request, response) -> request.receive().aggregate().asString().flatMap(body -> {
                    String id = body.replaceAll("(?s).*?\"id\":(\\d+).*", "$1");
                    String result = body.contains("server/discover") ? UpstreamFixture.DISCOVERED : OK;
                    String message = "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":" + result + "}";
                    if (body.contains("hang")) {
                        return Mono.never();
                    }
                    if (body.contains("events")) {
                        return response.header("content-type", "text/event-stream")
                                .sendString(Flux.just("data: ", message + "\n", "\n"))
                                .then();
                    }
                    return response.header("content-type", "application/json")
                            .sendString(Mono.just(message))
                            .then();
                }));
    }

    private static UpstreamConfig config(URI url, @Nullable String trustFile, boolean h2, UpstreamLimits limits) {
        return new UpstreamConfig("u1", url, UpstreamTransport.HTTP, "", Map.of(), false, h2, trustFile, limits);
    }

    private static URI url(String scheme, String host, DisposableServer server) {
        return URI.create(scheme + "://" + host + ":" + server.port() + "/mcp");
    }

    @Test
    void speaksHttp1OverTls() throws Exception {
        Identity identity = identity(new GeneralName(GeneralName.iPAddress, "127.0.0.1"), Duration.ofDays(1));
        DisposableServer server = server(identity, new AtomicInteger(), HttpProtocol.HTTP11);
        try (UpstreamFixture fixture = new UpstreamFixture(
                config(url("https", "127.0.0.1", server), trustFile(identity), false, UpstreamFixture.QUICK))) {
            assertThat(fixture.last(UpstreamFixture.tool("echo"))).isInstanceOf(JsonRpc.Success.class);
            assertThat(fixture.last(UpstreamFixture.tool("events"))).isInstanceOf(JsonRpc.Success.class);
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void resolvesAHostNameAndSharesAnHttp2ConnectionPerLoop() throws Exception {
        Identity identity = identity(new GeneralName(GeneralName.dNSName, "localhost"), Duration.ofDays(1));
        AtomicInteger connections = new AtomicInteger();
        DisposableServer server = server(identity, connections, HttpProtocol.H2, HttpProtocol.HTTP11);
        try (UpstreamFixture fixture = new UpstreamFixture(
                config(url("https", "localhost", server), trustFile(identity), false, UpstreamFixture.QUICK))) {
            fixture.last(UpstreamFixture.tool("echo"));
            fixture.last(UpstreamFixture.tool("echo"));
            Flux.range(0, 100)
                    .flatMap(i -> fixture.upstream.handle(UpstreamFixture.tool(i % 2 == 0 ? "echo" : "events")), 50)
                    .then()
                    .block(UpstreamFixture.PATIENCE);

            assertThat(fixture.upstream.state().connections()).isLessThanOrEqualTo(2);
            assertThat(fixture.upstream.state().callsInFlight()).isZero();
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void speaksHttp2ByPriorKnowledgeAndResetsACancelledStream() throws IOException {
        AtomicInteger connections = new AtomicInteger();
        DisposableServer server = server(null, connections, HttpProtocol.H2C, HttpProtocol.HTTP11);
        try (UpstreamFixture fixture =
                new UpstreamFixture(config(url("http", "127.0.0.1", server), null, true, UpstreamFixture.QUICK))) {
            fixture.last(UpstreamFixture.tool("echo"));
            fixture.upstream
                    .handle(UpstreamFixture.tool("hang"))
                    .timeout(Duration.ofMillis(200), Flux.empty())
                    .then()
                    .block(UpstreamFixture.PATIENCE);
            assertThat(fixture.last(UpstreamFixture.tool("events"))).isInstanceOf(JsonRpc.Success.class);

            UpstreamFixture.eventually(() -> fixture.upstream.state().callsInFlight() == 0);
            assertThat(fixture.upstream.state().connections()).isLessThanOrEqualTo(2);
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void refusesACertificateOfAnotherHost() throws Exception {
        Identity identity = identity(new GeneralName(GeneralName.dNSName, "other.test"), Duration.ofDays(1));
        assertUntrusted(identity, trustFile(identity));
    }

    @Test
    void refusesACertificateThatHasExpired() throws Exception {
        Identity identity = identity(new GeneralName(GeneralName.iPAddress, "127.0.0.1"), Duration.ofDays(-1));
        assertUntrusted(identity, trustFile(identity));
    }

    @Test
    void refusesACertificateThatNobodyVouchesFor() throws Exception {
        assertUntrusted(identity(new GeneralName(GeneralName.iPAddress, "127.0.0.1"), Duration.ofDays(1)), null);
    }

    private static void assertUntrusted(Identity identity, @Nullable String trustFile) throws Exception {
        DisposableServer server = server(identity, new AtomicInteger(), HttpProtocol.HTTP11);
        try (UpstreamFixture fixture = new UpstreamFixture(
                config(url("https", "127.0.0.1", server), trustFile, false, UpstreamFixture.QUICK))) {
            Refusal refusal = fixture.refusal(UpstreamFixture.tool("echo"));

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            assertThat(refusal.text()).isEqualTo("no trusted TLS connection to the upstream");
            assertThat(fixture.faults("tls")).isPositive();
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void givesUpOnAHandshakeThatStalls() throws Exception {
        UpstreamLimits limits = new UpstreamLimits(
                Duration.ofMillis(300), Duration.ofSeconds(5), Duration.ofSeconds(5), 1024, 10, 1024, 1024, 4);
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                UpstreamFixture fixture = new UpstreamFixture(config(
                        URI.create("https://127.0.0.1:" + silent.getLocalPort() + "/mcp"), null, false, limits))) {
            Refusal refusal = fixture.refusal(UpstreamFixture.tool("echo"));

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            UpstreamFixture.eventually(() -> fixture.faults("tls_timeout") + fixture.faults("connect_timeout") > 0);
        }
    }

    @Test
    void givesUpAtOnceWhenThePeerGoesAwayInTheHandshake() throws Exception {
        UpstreamLimits limits = new UpstreamLimits(
                Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(5), 1024, 10, 1024, 1024, 4);
        try (ServerSocket closing = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                UpstreamFixture fixture = new UpstreamFixture(config(
                        URI.create("https://127.0.0.1:" + closing.getLocalPort() + "/mcp"), null, false, limits))) {
            Thread peer = new Thread(() -> closeEach(closing), "closing-peer");
            peer.setDaemon(true);
            peer.start();

            Refusal refusal = fixture.refusal(UpstreamFixture.tool("echo"));

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            assertThat(fixture.faults("tls")).isPositive();
        }
    }

    private static void closeEach(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                var unused = socket.getInputStream().read();
            } catch (IOException e) {
                // The test is over.
            }
        }
    }

    @Test
    void namesATrustFileThatCannotBeRead() throws Exception {
        File broken = directory.resolve("broken.pem").toFile();
        Files.write(broken.toPath(), "no".getBytes(StandardCharsets.US_ASCII));

        assertThatThrownBy(() -> new UpstreamFixture(
                        config(URI.create("https://x.test/mcp"), broken.toString(), false, UpstreamFixture.QUICK)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("trustFile: " + broken + " (expected: PEM certificates)");
    }
}
