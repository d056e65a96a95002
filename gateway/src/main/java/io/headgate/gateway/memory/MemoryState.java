package io.headgate.gateway.memory;

import java.util.List;

/**
 * What is held of the budget now.
 *
 * @param refusing true if no new work is taken
 * @param directBytes what buffers outside of the heap have reserved; what is held there is among the bytes held
 * @param largest the callers and servers for whom the most is held
 */
public record MemoryState(long budgetBytes, long heldBytes, boolean refusing, long directBytes, List<Share> largest) {
    static final int MOST_SHOWN = 5;

    /** What one of them has. */
    public record Share(String kind, String name, long bytes) {}
}
