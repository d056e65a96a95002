package io.headgate.gateway.memory;

/**
 * Counts small things of one event loop, which come and go with each call: only what they come to is told to the budget,
 * now and then, so that a call costs two additions and loops do not meet in one place of memory.
 */
public final class Tally {
    private static final long GRAIN = 64 * 1024;

    private final MemoryBudget budget;
    private long pending;

    Tally(MemoryBudget budget) {
        this.budget = budget;
    }

    /** So many bytes more are held, or less; on the event loop. */
    public void add(long more) {
        pending += more;
        if (pending >= GRAIN || pending <= -GRAIN) {
            tell();
        }
    }

    private void tell() {
        long more = pending;
        pending = 0;
        budget.count(more, 0);
    }
}
