package io.headgate.filter.audit;

import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Keyed hashes of what is not written down: the same value has the same one as long as the key lasts, and nobody without
 * the key can try values.
 */
final class Fingerprints {
    private static final String ALGORITHM = "HmacSHA256";

    /** Half of it: what only has to tell values apart needs no more, and every record carries several. */
    private static final int BYTES = 16;

    private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Fingerprints::sha256);

    /** Of the filter that used it last on this thread. */
    private static final ThreadLocal<@Nullable Keyed> KEYED = new ThreadLocal<>();

    private final FingerprintKeys keys;

    /** The algorithm with the key that it has on this thread. */
    private record Keyed(FingerprintKeys.Key key, Mac mac, String prefix) {}

    Fingerprints(FingerprintKeys keys) {
        this.keys = keys;
    }

    /** Writes {@code "hmac-sha256:{key}:{hash}"} of some bytes. */
    void write(JsonBytes out, byte[] bytes, int start, int end) {
        Keyed mine = mine();
        mine.mac.update(bytes, start, end - start);
        out.raw(mine.prefix).hex(mine.mac.doFinal(), BYTES).raw('"');
    }

    /** Writes the plain SHA-256 of some bytes in quotes. */
    static void writeHash(JsonBytes out, byte[] bytes, int start, int end) {
        MessageDigest digest = SHA_256.get();
        digest.update(bytes, start, end - start);
        out.raw('"').hex(digest.digest(), digest.getDigestLength()).raw('"');
    }

    private Keyed mine() {
        FingerprintKeys.Key now = keys.current();
        @Nullable Keyed mine = KEYED.get();
        if (mine == null || !mine.key.equals(now)) {
            mine = new Keyed(now, mac(now), "\"hmac-sha256:" + now.id() + ":");
            KEYED.set(mine);
        }
        return mine;
    }

    private static Mac mac(FingerprintKeys.Key key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key.bytes(), ALGORITHM));
            return mac;
        } catch (NoSuchAlgorithmException | InvalidKeyException impossible) {
            throw new LinkageError("every platform has " + ALGORITHM, impossible);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every platform has SHA-256", impossible);
        }
    }
}
