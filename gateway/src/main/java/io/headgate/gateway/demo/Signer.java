package io.headgate.gateway.demo;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Signs what clients hold for the server and have to bring back unchanged. */
final class Signer {
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

    private final SecretKeySpec key;
    private final AtomicLong tokens = new AtomicLong();

    Signer(byte[] key) {
        this.key = new SecretKeySpec(key, "HmacSHA256");
    }

    String seal(byte[] payload) {
        return ENCODER.encodeToString(payload) + "." + ENCODER.encodeToString(mac(payload));
    }

    /** The payload, or null if this seal did not sign exactly this text. */
    byte @Nullable [] open(String sealed) {
        int dot = sealed.indexOf('.');
        if (dot < 0) {
            return null;
        }
        try {
            byte[] payload = DECODER.decode(sealed.substring(0, dot));
            // Compared as text: a decoder forgives the unused bits of the last character.
            byte[] expected = Json.utf8(seal(payload));
            return MessageDigest.isEqual(expected, Json.utf8(sealed)) ? payload : null;
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }

    /** A name that nobody can guess, made without reading the system's entropy on an event loop. */
    String token() {
        byte[] number = ByteBuffer.allocate(16)
                .putLong(0x746F6B656EL)
                .putLong(tokens.getAndIncrement())
                .array();
        return ENCODER.encodeToString(mac(number));
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException(missing);
        }
    }

    private byte[] mac(byte[] bytes) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return mac.doFinal(bytes);
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException(missing);
        }
    }
}
