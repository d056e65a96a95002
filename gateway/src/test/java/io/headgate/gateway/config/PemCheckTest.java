package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates and keys are looked at before anything listens. */
class PemCheckTest {
    @TempDir
    Path directory;

    @BeforeEach
    void writePair() throws IOException {
        Certificates.of("localhost").make().write(directory.resolve("certificate.pem"), directory.resolve("key.pem"));
        ConfigReading.write(directory, "words.pem", "not PEM");
    }

    @Test
    void acceptsACertificateWithItsKey() {
        assertThat(problems("tls: {certificate: certificate.pem, key: key.pem}"))
                .isEmpty();
    }

    @Test
    void refusesFilesThatAreNotThere() {
        assertThat(problems("tls: {certificate: no.pem, key: nokey.pem}"))
                .containsExactly(
                        "headgate.yaml:2:20 tls.certificate: no.pem cannot be read (expected: a PEM file)",
                        "headgate.yaml:2:33 tls.key: nokey.pem cannot be read (expected: a PEM file)");
    }

    @Test
    void refusesFilesThatHoldSomethingElse() {
        assertThat(problems("tls: {certificate: words.pem, key: key.pem}"))
                .containsExactly(
                        "headgate.yaml:2:20 tls.certificate: words.pem holds no certificate (expected: a PEM file)");
        assertThat(problems("tls: {certificate: certificate.pem, key: words.pem}"))
                .containsExactly(
                        "headgate.yaml:2:42 tls.key: words.pem is no key of the certificate (expected: a PEM file"
                                + " with its private key as PKCS#8)");
    }

    /** The front door would not start with them. */
    @Test
    void refusesTheKeyOfAnotherCertificate() throws Exception {
        Path other = Files.createDirectory(directory.resolve("other"));
        Certificates.of("localhost").make().write(other.resolve("certificate.pem"), other.resolve("key.pem"));
        assertThat(problems("tls: {certificate: certificate.pem, key: other/key.pem}"))
                .containsExactly(
                        "headgate.yaml:2:42 tls.key: other/key.pem is no key of the certificate (expected: a PEM file"
                                + " with its private key as PKCS#8)");
    }

    @Test
    void refusesToTrustAFileWithoutCertificates() {
        assertThat(ConfigReading.problems(
                        directory, "mcpServers:\n  a: {url: 'https://b/mcp', trust: words.pem}", Map.of()))
                .containsExactly(
                        "headgate.yaml:2:36 mcpServers.a.trust: words.pem holds no certificate (expected: a PEM file)");
    }

    private List<String> problems(String tls) {
        return ConfigReading.problems(directory, "mcpServers: {a: {url: 'http://b/mcp'}}\n" + tls, Map.of());
    }
}
