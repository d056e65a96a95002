package io.headgate.gateway.hostile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** The keys of those who call the gateways under test, new ones in each JVM. */
final class CallerKeys {
    static final String ALICE = key("alice");
    static final String BOB = key("bob");

    /** How many callers there are besides. */
    static final int CROWD = 500;

    private static final List<String> MORE_OF_ALICE = List.of(key("alice"), key("alice"), key("alice"));
    private static final String CROWD_SEED = key("crowd");

    private CallerKeys() {}

    /** Any of the other keys that Alice has. */
    static String anotherOfAlice() {
        return MORE_OF_ALICE.get(ThreadLocalRandom.current().nextInt(MORE_OF_ALICE.size()));
    }

    /** The key of one of the others. */
    static String ofCrowd(int member) {
        return CROWD_SEED + "-" + member % CROWD;
    }

    private static String key(String name) {
        return name + "-" + UUID.randomUUID();
    }

    /** Writes the file that a gateway reads. */
    static Path write(Path directory) throws IOException {
        StringBuilder yaml = new StringBuilder("keys:\n");
        line(yaml, "alice", ALICE);
        MORE_OF_ALICE.forEach(key -> line(yaml, "alice", key));
        line(yaml, "bob", BOB);
        for (int i = 0; i < CROWD; i++) {
            line(yaml, "crowd-" + i, ofCrowd(i));
        }
        return Files.writeString(directory.resolve("keys.yaml"), yaml.toString());
    }

    private static void line(StringBuilder yaml, String caller, String key) {
        yaml.append("  - {caller: ").append(caller).append(", key: \"sha256:");
        yaml.append(hash(key)).append("\"}\n");
    }

    private static String hash(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every platform has SHA-256", impossible);
        }
    }
}
