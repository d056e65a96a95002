package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate that signed itself, made once for the gateway under test. */
final class TestCertificate {
    private static final Path DIRECTORY = create();

    private TestCertificate() {}

    static Path certificate() {
        return DIRECTORY.resolve("certificate.pem");
    }

    static Path key() {
        return DIRECTORY.resolve("key.pem");
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
