package io.headgate.filter.audit.log;

import io.headgate.filter.audit.format.ChainCheck;
import io.headgate.filter.audit.format.Hex;
import io.headgate.filter.audit.format.MerkleTree;
import io.headgate.filter.audit.format.RecordHash;

/** Where the log ends: the last record, the tree over its segment, and the length of the file. */
final class Tip {
    final byte[] hash = new byte[RecordHash.BYTES];
    final MerkleTree tree = new MerkleTree();
    long seq;
    long length;

    void set(Tip other) {
        System.arraycopy(other.hash, 0, hash, 0, hash.length);
        tree.set(other.tree);
        seq = other.seq;
        length = other.length;
    }

    void set(ChainCheck chain) {
        System.arraycopy(chain.last(), 0, hash, 0, hash.length);
        tree.set(chain.tree());
        seq = chain.seq();
    }

    String hashText() {
        return Hex.of(hash);
    }

    String rootText(RecordHash digest) {
        return Hex.of(tree.root(digest));
    }
}
