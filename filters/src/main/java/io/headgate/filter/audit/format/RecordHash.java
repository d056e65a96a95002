package io.headgate.filter.audit.format;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 over parts, into a given place; not for several threads. */
public final class RecordHash {
    public static final int BYTES = 32;

    private static final byte CLOSING_BRACE = '}';

    private final MessageDigest digest = sha256();

    /**
     * The hash of a record: of the one before and of the line without its member {@code hash}.
     *
     * @param bodyEnd where the comma before {@code hash} stands
     */
    public void ofRecord(byte[] previous, byte[] line, int from, int bodyEnd, byte[] to) {
        digest.update(previous);
        digest.update(line, from, bodyEnd - from);
        digest.update(CLOSING_BRACE);
        finish(to);
    }

    /** The hash of a leaf of the tree. */
    void ofLeaf(byte[] entry, byte[] to) {
        digest.update((byte) 0);
        digest.update(entry);
        finish(to);
    }

    /** The hash of an inner node of the tree. */
    void ofNode(byte[] left, byte[] right, byte[] to) {
        digest.update((byte) 1);
        digest.update(left);
        digest.update(right);
        finish(to);
    }

    byte[] of(byte[] bytes) {
        return digest.digest(bytes);
    }

    private void finish(byte[] to) {
        try {
            int unused = digest.digest(to, 0, BYTES);
        } catch (DigestException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
