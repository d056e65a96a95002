package io.headgate.gateway.config;

import io.headgate.filter.Secret;
import java.util.Base64;

/** One key as the file has it: 32 random bytes in Base64. */
public record SealKeyConfig(int id, Secret key) {
    private static final int BYTES = 32;

    public SealKeyConfig {
        if (decode(key).length != BYTES) {
            throw new IllegalArgumentException("key: *** (expected: 32 random bytes in Base64)");
        }
    }

    public byte[] bytes() {
        return decode(key);
    }

    private static byte[] decode(Secret key) {
        try {
            return Base64.getDecoder().decode(key.value());
        } catch (IllegalArgumentException notBase64) {
            return new byte[0];
        }
    }
}
