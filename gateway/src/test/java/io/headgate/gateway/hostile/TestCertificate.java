package io.headgate.gateway.hostile;

import io.headgate.testkit.Certificates;
import io.headgate.testkit.KeyedCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/**
 * The certificates of the gateway under test and of upstreams, made once: one that signed itself, and those of an authority
 * that is trusted.
 */
final class TestCertificate {
    /** What may be wrong with the certificate of an upstream. */
    enum Flaw {
        NONE("localhost", Duration.ofDays(1)),
        EXPIRED("localhost", Duration.ofMinutes(-5)),
        WRONG_HOST("other.test", Duration.ofDays(1)),
        /** No trusted authority has signed it. */
        UNTRUSTED("localhost", Duration.ofDays(1));

        private final String host;
        private final Duration validFor;

        Flaw(String host, Duration validFor) {
            this.host = host;
            this.validFor = validFor;
        }
    }

    private static final KeyedCertificate AUTHORITY = Certificates.authority("authority.test");
    private static final Path DIRECTORY = create();

    private TestCertificate() {}

    static Path certificate() {
        return DIRECTORY.resolve("certificate.pem");
    }

    static Path key() {
        return DIRECTORY.resolve("key.pem");
    }

    /** The certificates to trust. */
    static Path authority() {
        return DIRECTORY.resolve("authority.pem");
    }

    /** What a server needs that shows a certificate with a flaw. */
    static SSLContext server(Flaw flaw) {
        Certificates shown = Certificates.of(flaw.host).validFor(flaw.validFor);
        return (flaw == Flaw.UNTRUSTED ? shown : shown.signedBy(AUTHORITY))
                .make()
                .server();
    }

    private static Path create() {
        try {
            Path directory = Files.createTempDirectory("hostile-tls");
            Path certificate = file(directory, "certificate.pem");
            Certificates.of("gw.test", "localhost").make().write(certificate, file(directory, "key.pem"));
            AUTHORITY.writeCertificate(file(directory, "authority.pem"));
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path file(Path directory, String name) {
        Path file = directory.resolve(name);
        file.toFile().deleteOnExit();
        return file;
    }
}
