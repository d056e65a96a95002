package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

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
        /** Nobody who is trusted has signed it. */
        UNTRUSTED("localhost", Duration.ofDays(1));

        private final String host;
        private final Duration validFor;

        Flaw(String host, Duration validFor) {
            this.host = host;
            this.validFor = validFor;
        }
    }

    private static final Path DIRECTORY = create();
    private static final Signed AUTHORITY = sign("authority.test", Duration.ofDays(1), null);

    /** A certificate and its key. */
    private record Signed(X509Certificate certificate, KeyPair pair) {}

    private TestCertificate() {}

    static Path certificate() {
        return DIRECTORY.resolve("certificate.pem");
    }

    static Path key() {
        return DIRECTORY.resolve("key.pem");
    }

    /** The certificates to trust. */
    static Path authority() {
        Path file = DIRECTORY.resolve("authority.pem");
        try {
            write(file, "CERTIFICATE", AUTHORITY.certificate().getEncoded());
            return file;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a server needs that shows a certificate with a flaw. */
    static SSLContext server(Flaw flaw) {
        Signed shown = sign(flaw.host, flaw.validFor, flaw == Flaw.UNTRUSTED ? null : AUTHORITY);
        try {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(null, null);
            keys.setKeyEntry(
                    "server", shown.pair().getPrivate(), new char[0], new X509Certificate[] {shown.certificate()});
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Signed sign(String host, Duration validFor, @Nullable Signed authority) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            KeyPair pair = generator.generateKeyPair();
            Instant now = Instant.now();
            X500Name subject = new X500Name("CN=" + host);
            X500Name issuer = authority == null ? subject : new X500Name("CN=authority.test");
            var builder = new JcaX509v3CertificateBuilder(
                    issuer,
                    BigInteger.valueOf(System.nanoTime()),
                    Date.from(now.minus(Duration.ofDays(1))),
                    Date.from(now.plus(validFor)),
                    subject,
                    pair.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(host.equals("authority.test")));
            GeneralNames names = new GeneralNames(new GeneralName(GeneralName.dNSName, host));
            builder.addExtension(Extension.subjectAlternativeName, false, names);
            KeyPair signing = authority == null ? pair : authority.pair();
            var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(signing.getPrivate());
            return new Signed(new JcaX509CertificateConverter().getCertificate(builder.build(signer)), pair);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path create() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            KeyPair pair = generator.generateKeyPair();
            Instant now = Instant.now();
            X500Name name = new X500Name("CN=gw.test");
            var builder = new JcaX509v3CertificateBuilder(
                    name,
                    BigInteger.ONE,
                    Date.from(now.minus(Duration.ofDays(1))),
                    Date.from(now.plus(Duration.ofDays(1))),
                    name,
                    pair.getPublic());
            GeneralName[] names = {
                new GeneralName(GeneralName.dNSName, "gw.test"), new GeneralName(GeneralName.dNSName, "localhost")
            };
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate());
            Path directory = Files.createTempDirectory("hostile-tls");
            write(
                    directory.resolve("certificate.pem"),
                    "CERTIFICATE",
                    builder.build(signer).getEncoded());
            write(directory.resolve("key.pem"), "PRIVATE KEY", pair.getPrivate().getEncoded());
            return directory;
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path path, String what, byte[] bytes) throws IOException {
        path.toFile().deleteOnExit();
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        Files.writeString(path, "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
    }
}
