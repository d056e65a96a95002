package io.headgate.filter.audit.format;

/**
 * The root of a growing list of record hashes, as RFC 9162 section 2.1 has it; it holds one hash for each bit of the size.
 *
 * <p>With a root alone, one record of a segment can be proven to others by a path of some twenty hashes, without showing
 * them the rest.
 */
public final class MerkleTree {
    private static final int MOST_LEVELS = 63;

    private final byte[][] complete = new byte[MOST_LEVELS][RecordHash.BYTES];
    private final byte[] carried = new byte[RecordHash.BYTES];
    private long size;

    public long size() {
        return size;
    }

    public void clear() {
        size = 0;
    }

    public void add(byte[] recordHash, RecordHash hash) {
        hash.ofLeaf(recordHash, carried);
        int level = 0;
        for (long rest = size; (rest & 1) == 1; rest >>= 1) {
            hash.ofNode(complete[level++], carried, carried);
        }
        System.arraycopy(carried, 0, complete[level], 0, RecordHash.BYTES);
        size++;
    }

    public byte[] root(RecordHash hash) {
        if (size == 0) {
            return hash.of(new byte[0]);
        }
        int level = Long.numberOfTrailingZeros(size);
        byte[] root = complete[level].clone();
        while (++level < MOST_LEVELS) {
            if ((size >> level & 1) == 1) {
                hash.ofNode(complete[level], root, root);
            }
        }
        return root;
    }

    /** Becomes what the other one is now. */
    public void set(MerkleTree other) {
        size = other.size;
        for (int level = 0; size >> level != 0; level++) {
            System.arraycopy(other.complete[level], 0, complete[level], 0, RecordHash.BYTES);
        }
    }
}
