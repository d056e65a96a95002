package io.headgate.gateway.hostile;

/** A case described in words that no builder of this harness understands. */
final class Unbuildable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unbuildable(String what) {
        super("no builder for " + what);
    }
}
