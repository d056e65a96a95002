package io.headgate.gateway.seal;

import java.security.SecureRandom;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** A key that seals what clients keep for the gateway; its id travels with what it sealed. */
public record SealKey(int id, SecretKey secret) {
    private static final int BYTES = 32;

    /** A key of 256 random bits as they come from a file. */
    public static SealKey of(int id, byte[] secret) {
        if (secret.length != BYTES) {
            throw new IllegalArgumentException("seal key: " + secret.length + " bytes (expected: " + BYTES + ")");
        }
        return new SealKey(id, new SecretKeySpec(secret, "AES"));
    }

    /** A key for this process alone: what it seals is worth nothing to another, or after a restart. */
    public static SealKey random() {
        SecureRandom random = new SecureRandom();
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        return of(random.nextInt(), secret);
    }

    @Override
    public String toString() {
        return "SealKey[id=" + id + "]";
    }
}
