package io.headgate.filter.identity;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The SHA-256 of a key, in four parts.
 *
 * <p>Hashes may be compared in a time that tells how much of them is equal: nobody can choose a key by its hash, so that
 * tells nothing of any key.
 */
record KeyHash(long first, long second, long third, long fourth) {
    /** How a file writes it. */
    static final String FORM = "sha256: and the 64 hex digits of the SHA-256 of the key";

    private static final String PREFIX = "sha256:";
    private static final int DIGITS = 64;

    /** Looking the algorithm up takes as long as the hash itself. */
    private static final ThreadLocal<MessageDigest> DIGEST = ThreadLocal.withInitial(KeyHash::digest);

    /** The hash that a file writes, or null if it is none. */
    static @Nullable KeyHash read(String written) {
        if (!written.startsWith(PREFIX) || written.length() != PREFIX.length() + DIGITS) {
            return null;
        }
        try {
            return of(HexFormat.of().parseHex(written, PREFIX.length(), written.length()));
        } catch (IllegalArgumentException notHex) {
            return null;
        }
    }

    /** The hash of a key of ASCII characters. */
    static KeyHash ofKey(String key) {
        return of(DIGEST.get().digest(key.getBytes(StandardCharsets.US_ASCII)));
    }

    private static KeyHash of(byte[] hash) {
        ByteBuffer bytes = ByteBuffer.wrap(hash);
        return new KeyHash(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every platform has SHA-256", impossible);
        }
    }
}
