package io.headgate.gateway.config;

import java.io.Writer;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate that is its own authority, and its key. */
final class Pem {
    private Pem() {}

    /** Writes both, and gives their paths as the examples want them. */
    static Map<String, String> write(Path directory) throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("EC").generateKeyPair();
        X500Name name = new X500Name("CN=localhost");
        Instant now = Instant.now();
        var certificate = new JcaX509v3CertificateBuilder(
                        name,
                        BigInteger.ONE,
                        Date.from(now.minusSeconds(60)),
                        Date.from(now.plusSeconds(3600)),
                        name,
                        pair.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
        Path chain = directory.resolve("certificate.pem");
        Path key = directory.resolve("key.pem");
        write(chain, certificate);
        write(key, new JcaPKCS8Generator(pair.getPrivate(), null));
        return Map.of(
                "TLS_CERTIFICATE",
                chain.toAbsolutePath().toString(),
                "TLS_KEY",
                key.toAbsolutePath().toString());
    }

    private static void write(Path file, Object what) throws Exception {
        try (Writer out = Files.newBufferedWriter(file);
                JcaPEMWriter pem = new JcaPEMWriter(out)) {
            pem.writeObject(what);
        }
    }
}
