package io.headgate.filter.audit.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/** The public key of checkpoints. */
public final class VerifyingKey {
    static final String ALGORITHM = "Ed25519";
    static final String PEM = "PUBLIC KEY";

    private static final int ID_DIGITS = 16;

    private final PublicKey key;
    private final String id;

    private VerifyingKey(PublicKey key) {
        this.key = key;
        this.id = Hex.of(new RecordHash().of(key.getEncoded())).substring(0, ID_DIGITS);
    }

    /** Reads a PEM file; whoever wants a proof keeps a copy of it elsewhere. */
    public static VerifyingKey of(Path file) throws IOException {
        try {
            return new VerifyingKey(
                    KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(pem(file, PEM))));
        } catch (GeneralSecurityException wrong) {
            throw new IOException(file + ": no Ed25519 key (expected: a public key in PEM)", wrong);
        }
    }

    /** Names the key in checkpoints. */
    public String id() {
        return id;
    }

    /** Whether this key signed exactly this. */
    public boolean accepts(Checkpoint checkpoint) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(key);
            signature.update(checkpoint.signed());
            byte[] signed = Base64.getDecoder().decode(checkpoint.signature());
            return checkpoint.key().equals(id)
                    && Base64.getEncoder().encodeToString(signed).equals(checkpoint.signature())
                    && signature.verify(signed);
        } catch (GeneralSecurityException | IllegalArgumentException broken) {
            return false;
        }
    }

    static byte[] pem(Path file, String what) throws IOException {
        String text = Files.readString(file).strip();
        String begin = "-----BEGIN " + what + "-----";
        String end = "-----END " + what + "-----";
        if (!text.startsWith(begin) || !text.endsWith(end) || text.length() < begin.length() + end.length()) {
            throw new IOException(file + ": no key (expected: " + what + " in PEM)");
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(begin.length(), text.length() - end.length()));
        } catch (IllegalArgumentException notBase64) {
            throw new IOException(file + ": no key (expected: " + what + " in PEM)", notBase64);
        }
    }
}
