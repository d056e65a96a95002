package io.headgate.filter.identity;

import io.headgate.filter.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Keys as a file has them. */
final class Keys {
    /** Alice has two keys and Bob has one. */
    static final ApiKeys ALICE_AND_BOB = new ApiKeys(
            List.of(of("alice", "acme", "alice-1"), of("alice", "acme", "alice-2"), of("bob", "", "bob-1")));

    private Keys() {}

    static ApiKey of(String caller, String tenant, String key) {
        return new ApiKey(caller, tenant, new Secret(hash(key)));
    }

    static String hash(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
            return "sha256:" + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every platform has SHA-256", impossible);
        }
    }
}
