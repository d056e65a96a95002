package io.headgate.filter.audit.format;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Follows the chain from record to record and says where it breaks. */
public final class ChainCheck {
    private static final byte[] SEAL = "seal".getBytes(StandardCharsets.US_ASCII);

    private final RecordHash hash = new RecordHash();
    private final RecordLine line = new RecordLine();
    private final MerkleTree tree = new MerkleTree();
    private final byte[] last = new byte[RecordHash.BYTES];
    private final byte[] computed = new byte[RecordHash.BYTES];
    private String rootBeforeSeal = "";
    private long seq;

    /** Why a line is not the next record, with what was expected and found. */
    public record Break(String what, String expected, String found) {}

    /** Starts behind a record with this place and hash. */
    public ChainCheck(long seq, byte[] last) {
        startBehind(seq, last);
    }

    public void startBehind(long newSeq, byte[] newLast) {
        seq = newSeq;
        System.arraycopy(newLast, 0, last, 0, last.length);
        tree.clear();
    }

    /** Takes the next line, or says why it is not the next record; then it stands where it stood. */
    public @Nullable Break next(byte[] bytes, int from, int to) {
        if (!line.read(bytes, from, to)) {
            return new Break("malformed", "a record", "no record");
        }
        if (line.seq() != seq + 1) {
            return new Break("seq", Long.toString(seq + 1), Long.toString(line.seq()));
        }
        if (!line.hasPrevious(last)) {
            return new Break("prev", Hex.of(last), line.previous());
        }
        line.computeHash(last, hash, computed);
        if (!line.hasHash(computed)) {
            return new Break("hash", Hex.of(computed), line.hash());
        }
        if (line.isOfType(SEAL)) {
            rootBeforeSeal = root();
        }
        System.arraycopy(computed, 0, last, 0, last.length);
        tree.add(last, hash);
        seq++;
        return null;
    }

    /** The record that was read last, whether it was the next one or not. */
    public RecordLine line() {
        return line;
    }

    public long seq() {
        return seq;
    }

    public byte[] last() {
        return last.clone();
    }

    public String lastHash() {
        return Hex.of(last);
    }

    /** The tree over the records since the start. */
    public MerkleTree tree() {
        return tree;
    }

    /** The root over the records before the seal that was read last, which is what it states. */
    public String rootBeforeSeal() {
        return rootBeforeSeal;
    }

    public String root() {
        return Hex.of(tree.root(hash));
    }
}
