package io.headgate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.SignatureException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificatesTest {
    @TempDir
    Path directory;

    @Test
    void anAuthoritySignsForHosts() throws Exception {
        KeyedCertificate authority = Certificates.authority("authority.test");
        X509Certificate signed = Certificates.of("a.test", "127.0.0.1")
                .serial(7)
                .signedBy(authority)
                .make()
                .certificate();
        assertThatCode(() -> signed.verify(authority.certificate().getPublicKey()))
                .doesNotThrowAnyException();
        assertThat(signed.getIssuerX500Principal())
                .isEqualTo(authority.certificate().getSubjectX500Principal());
        assertThat(signed.getSerialNumber()).isEqualTo(7);
        assertThat(signed.getSubjectAlternativeNames()).containsExactly(List.of(2, "a.test"), List.of(7, "127.0.0.1"));
        assertThat(signed.getBasicConstraints()).isNegative();
        assertThat(authority.certificate().getBasicConstraints()).isNotNegative();
        X509Certificate own = Certificates.of("a.test").make().certificate();
        assertThatCode(() -> own.verify(own.getPublicKey())).doesNotThrowAnyException();
        assertThatThrownBy(() -> own.verify(authority.certificate().getPublicKey()))
                .isInstanceOf(SignatureException.class);
    }

    @Test
    void aNegativeTimeHasExpired() {
        X509Certificate old =
                Certificates.of("a.test").validFor(Duration.ofDays(-3)).make().certificate();
        assertThat(old.getNotBefore()).isBefore(old.getNotAfter());
        assertThatThrownBy(old::checkValidity).isInstanceOf(CertificateExpiredException.class);
    }

    @Test
    void filesHoldWhatWasMade() throws Exception {
        KeyedCertificate made = Certificates.of("a.test").make();
        made.write(directory.resolve("certificate.pem"), directory.resolve("key.pem"));
        try (InputStream in = Files.newInputStream(directory.resolve("certificate.pem"))) {
            assertThat(CertificateFactory.getInstance("X.509").generateCertificate(in))
                    .isEqualTo(made.certificate());
        }
        String key = Files.readString(directory.resolve("key.pem")).replaceAll("-----[A-Z ]*-----", "");
        byte[] bytes = Base64.getMimeDecoder().decode(key);
        assertThat(KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(bytes)))
                .isEqualTo(made.key());
    }
}
