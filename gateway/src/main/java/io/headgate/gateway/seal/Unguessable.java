package io.headgate.gateway.seal;

import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/**
 * Random bytes for nonces and ids, without a system call.
 *
 * <p>The platform's usual generator reads from a device, which an event loop must not wait for. This one is seeded from
 * there once, when the class is loaded, and then computes (NIST SP 800-90A).
 */
public final class Unguessable {
    private static final SecureRandom RANDOM = seeded();

    private Unguessable() {}

    public static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    private static SecureRandom seeded() {
        try {
            SecureRandom random = SecureRandom.getInstance("DRBG");
            random.nextBytes(new byte[1]);
            return random;
        } catch (NoSuchAlgorithmException everyPlatformHasIt) {
            throw new IllegalStateException(everyPlatformHasIt);
        }
    }
}
