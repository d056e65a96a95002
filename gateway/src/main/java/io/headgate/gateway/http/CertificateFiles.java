package io.headgate.gateway.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** A certificate chain and its key as read from PEM files, known to fit each other. */
public record CertificateFiles(List<X509Certificate> chain, PrivateKey key) {
    private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String END = "-----END PRIVATE KEY-----";

    /** Throws what says why they cannot be used; it names no content of the key. */
    public static CertificateFiles read(TlsConfig config) throws IOException, GeneralSecurityException {
        byte[] certificates = Files.readAllBytes(config.certificate());
        List<X509Certificate> chain =
                CertificateFactory.getInstance("X.509")
                        .generateCertificates(new ByteArrayInputStream(certificates))
                        .stream()
                        .map(X509Certificate.class::cast)
                        .toList();
        if (chain.isEmpty()) {
            throw new GeneralSecurityException("no certificate in " + config.certificate());
        }
        PublicKey shown = chain.get(0).getPublicKey();
        PrivateKey key = KeyFactory.getInstance(shown.getAlgorithm())
                .generatePrivate(new PKCS8EncodedKeySpec(decode(config.key())));
        if (!fits(key, shown)) {
            throw new GeneralSecurityException("the key is not that of the certificate");
        }
        return new CertificateFiles(chain, key);
    }

    /** The SHA-256 of the certificate that is shown, as tools print it. */
    String fingerprint() throws GeneralSecurityException {
        byte[] certificate = chain.get(0).getEncoded();
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate));
    }

    private static byte[] decode(Path file) throws IOException, GeneralSecurityException {
        String text = Files.readString(file, StandardCharsets.US_ASCII);
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new GeneralSecurityException("no PKCS#8 private key in " + file);
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("no private key in " + file, e);
        }
    }

    /** Two files that change one after the other are seen in between, too. */
    private static boolean fits(PrivateKey key, PublicKey shown) throws GeneralSecurityException {
        String algorithm = shown.getAlgorithm();
        Signature signature = Signature.getInstance(
                switch (algorithm) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> algorithm;
                });
        byte[] text = {'f', 'i', 't'};
        signature.initSign(key);
        signature.update(text);
        byte[] signed = signature.sign();
        signature.initVerify(shown);
        signature.update(text);
        return signature.verify(signed);
    }
}
