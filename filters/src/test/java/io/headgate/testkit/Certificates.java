package io.headgate.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.stream.Stream;
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

/** Makes certificates with new keys: for hosts or for an authority, signed by an authority or by themselves. */
public final class Certificates {
    private static final Duration DAY = Duration.ofDays(1);

    private final boolean isAuthority;
    private final String[] hosts;
    private long serial = System.nanoTime();
    private Duration validFor = DAY;
    private @Nullable KeyedCertificate authority;

    private Certificates(boolean isAuthority, String... hosts) {
        this.isAuthority = isAuthority;
        this.hosts = hosts;
    }

    /** For names or IPv4 addresses of hosts; the first one is also the subject. */
    public static Certificates of(String... hosts) {
        return new Certificates(/* isAuthority= */ false, hosts);
    }

    /** One that may sign others, and is signed by itself. */
    public static KeyedCertificate authority(String name) {
        return new Certificates(/* isAuthority= */ true, name).make();
    }

    public Certificates serial(long number) {
        serial = number;
        return this;
    }

    /** A day without this; with a negative time it has expired. */
    public Certificates validFor(Duration time) {
        validFor = time;
        return this;
    }

    /** Without this it signs itself. */
    public Certificates signedBy(KeyedCertificate signer) {
        authority = signer;
        return this;
    }

    public KeyedCertificate make() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            KeyPair pair = generator.generateKeyPair();
            KeyedCertificate signer = authority;
            X500Name subject = new X500Name("CN=" + hosts[0]);
            X500Name issuer = signer == null
                    ? subject
                    : new X500Name(
                            signer.certificate().getSubjectX500Principal().getName());
            Instant now = Instant.now();
            Instant end = now.plus(validFor);
            var builder = new JcaX509v3CertificateBuilder(
                    issuer,
                    BigInteger.valueOf(serial),
                    Date.from((end.isBefore(now) ? end : now).minus(DAY)),
                    Date.from(end),
                    subject,
                    pair.getPublic());
            builder.addExtension(Extension.basicConstraints, /* isCritical= */ true, new BasicConstraints(isAuthority));
            GeneralName[] names = Stream.of(hosts).map(Certificates::name).toArray(GeneralName[]::new);
            builder.addExtension(Extension.subjectAlternativeName, /* isCritical= */ false, new GeneralNames(names));
            var signing = new JcaContentSignerBuilder("SHA256withECDSA")
                    .build(signer == null ? pair.getPrivate() : signer.key());
            return new KeyedCertificate(
                    new JcaX509CertificateConverter().getCertificate(builder.build(signing)), pair.getPrivate());
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static GeneralName name(String host) {
        boolean isAddress = host.chars().allMatch(c -> c == '.' || Character.isDigit(c));
        return new GeneralName(isAddress ? GeneralName.iPAddress : GeneralName.dNSName, host);
    }
}
