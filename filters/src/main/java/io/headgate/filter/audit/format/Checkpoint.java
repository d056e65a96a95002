package io.headgate.filter.audit.format;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A signed statement that the log of a node had come this far.
 *
 * @param seq the place of the last record that it covers
 * @param hash the hash of that record, which stands for all before it
 * @param root the root over the records of its segment up to there
 * @param time when it was signed
 * @param key names the key
 * @param signature Ed25519 over the line without its member {@code sig}, in Base64
 */
public record Checkpoint(String node, long seq, String hash, String root, String time, String key, String signature) {
    private static final String SIGNATURE = ",\"sig\":\"";

    /** The statement, signed. */
    static Checkpoint sign(String node, long seq, String hash, String root, String time, SigningKey key) {
        Checkpoint unsigned = new Checkpoint(node, seq, hash, root, time, key.id(), "");
        return new Checkpoint(node, seq, hash, root, time, key.id(), key.sign(unsigned.signed()));
    }

    /** Reads a line without its end; null if it is no checkpoint as it would be written. */
    public static @Nullable Checkpoint read(byte[] line, int from, int to) {
        int end = to - 1;
        if (end - from < 2 || line[from] != '{' || line[end] != '}') {
            return null;
        }
        String node = Members.text(line, from + 1, end, "node");
        String hash = Members.text(line, from + 1, end, "hash");
        String root = Members.text(line, from + 1, end, "root");
        String time = Members.text(line, from + 1, end, "time");
        String key = Members.text(line, from + 1, end, "key");
        String signature = Members.text(line, from + 1, end, "sig");
        if (node == null || hash == null || root == null || time == null || key == null || signature == null) {
            return null;
        }
        Checkpoint read =
                new Checkpoint(node, Members.number(line, from + 1, end, "seq"), hash, root, time, key, signature);
        return read.line().equals(new String(line, from, to - from, StandardCharsets.UTF_8)) ? read : null;
    }

    /** The line without its end; also the value of the record that repeats it in the log. */
    public String line() {
        return body() + SIGNATURE + signature + "\"}";
    }

    byte[] signed() {
        return (body() + "}").getBytes(StandardCharsets.UTF_8);
    }

    private String body() {
        return "{\"node\":\"" + node + "\",\"seq\":" + seq + ",\"hash\":\"" + hash + "\",\"root\":\"" + root
                + "\",\"time\":\"" + time + "\",\"key\":\"" + key + "\"";
    }
}
