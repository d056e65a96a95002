package io.headgate.gateway.memory;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What is held for one caller or one server. */
final class Account {
    final String name;
    final long share;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong ending = new AtomicLong();
    private final Set<Hold> holds = ConcurrentHashMap.newKeySet();

    /** How many holds refer to it; guarded by the map that it is in. */
    int users;

    Account(String name, long share) {
        this.name = name;
        this.share = share;
    }

    void count(long more) {
        bytes.addAndGet(more);
    }

    void countEnding(long more) {
        ending.addAndGet(more);
    }

    long bytes() {
        return bytes.get();
    }

    /** Without what is being ended. */
    long lasting() {
        return bytes.get() - ending.get();
    }

    boolean isBeyondShare() {
        return lasting() > share;
    }

    void add(Hold hold) {
        holds.add(hold);
    }

    void remove(Hold hold) {
        holds.remove(hold);
    }

    /** The largest hold that can be ended and is not being ended yet, or null. */
    @Nullable
    Hold largest() {
        Hold largest = null;
        long most = 0;
        for (Hold each : holds) {
            long size = each.endable();
            if (size > most) {
                most = size;
                largest = each;
            }
        }
        return largest;
    }
}
