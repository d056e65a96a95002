package io.headgate.gateway.config;

import io.headgate.gateway.http.CertificateFiles;
import io.headgate.gateway.http.TlsConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.Objects;

/** Looks whether the files that a configuration names hold certificates and keys. */
final class PemCheck {
    private static final int MAX_BYTES = 1024 * 1024;

    private PemCheck() {}

    static void check(TlsConfig tls, Map<String, Place> places, Problems problems) {
        Place certificate = Objects.requireNonNull(places.get("certificate"));
        Place key = Objects.requireNonNull(places.get("key"));
        boolean isReadable = certificates(tls.certificate(), certificate, "tls.certificate", problems);
        if (!isUsable(tls.key())) {
            problems.add(key, "tls.key", tls.key() + " cannot be read (expected: a PEM file)");
        } else if (isReadable) {
            pair(tls, key, problems);
        }
    }

    /** Whether a file holds at least one certificate; if not, that is a problem. */
    static boolean certificates(Path file, Place place, String path, Problems problems) {
        if (!isUsable(file)) {
            problems.add(place, path, file + " cannot be read (expected: a PEM file)");
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            if (!CertificateFactory.getInstance("X.509")
                    .generateCertificates(in)
                    .isEmpty()) {
                return true;
            }
        } catch (IOException | GeneralSecurityException notPem) {
            // Said below: what the parser says of it helps nobody.
        }
        problems.add(place, path, file + " holds no certificate (expected: a PEM file)");
        return false;
    }

    /** What is read whole must have an end. */
    private static boolean isUsable(Path file) {
        try {
            return Files.isReadable(file) && Files.isRegularFile(file) && Files.size(file) <= MAX_BYTES;
        } catch (IOException gone) {
            return false;
        }
    }

    private static void pair(TlsConfig tls, Place key, Problems problems) {
        try {
            // As the front door reads them, so that what passes here starts.
            Object unused = CertificateFiles.read(tls);
        } catch (IOException | GeneralSecurityException notAKey) {
            problems.add(
                    key,
                    "tls.key",
                    tls.key() + " is no key of the certificate (expected: a PEM file with its private key as PKCS#8)");
        }
    }
}
