package io.headgate.gateway.memory;

import org.jspecify.annotations.Nullable;

/**
 * The bytes that one thing holds, on the account of a caller, of a server, or of both.
 *
 * <p>It grows and shrinks with what it stands for, from any thread, and is closed once; what comes after that counts for
 * nothing.
 */
public final class Hold implements AutoCloseable {
    private final MemoryBudget budget;
    private final Held kind;
    private final @Nullable Account server;
    private final @Nullable Runnable end;
    private @Nullable Account caller;
    private long bytes;

    /** Of these bytes, those that are to go because the hold is being ended. */
    private long ending;

    private boolean closed;

    Hold(MemoryBudget budget, Held kind, @Nullable Account caller, @Nullable Account server, @Nullable Runnable end) {
        this.budget = budget;
        this.kind = kind;
        this.caller = caller;
        this.server = server;
        this.end = end;
        join(caller);
        join(server);
    }

    Held kind() {
        return kind;
    }

    @Nullable
    Account caller() {
        return caller;
    }

    @Nullable
    Account server() {
        return server;
    }

    /** It holds so many bytes now. */
    public void set(long size) {
        long more;
        long ended;
        synchronized (this) {
            if (closed) {
                return;
            }
            more = size - bytes;
            bytes = size;
            ended = Math.min(ending, Math.max(0, -more));
            ending -= ended;
            count(more, ended);
        }
        budget.count(more, ended);
    }

    /** It holds so many bytes more, or less. */
    public void add(long more) {
        long ended;
        synchronized (this) {
            if (closed) {
                return;
            }
            bytes += more;
            ended = Math.min(ending, Math.max(0, -more));
            ending -= ended;
            count(more, ended);
        }
        budget.count(more, ended);
    }

    public synchronized long bytes() {
        return bytes;
    }

    /** Puts it on the account of a caller who is known only now. */
    public void of(String key) {
        Account known = budget.caller(key);
        Account former;
        synchronized (this) {
            former = known;
            if (!closed && known != caller) {
                former = caller;
                if (former != null) {
                    former.remove(this);
                    former.count(-bytes);
                    former.countEnding(-ending);
                }
                caller = known;
                known.count(bytes);
                known.countEnding(ending);
                join(known);
            }
        }
        if (former != null) {
            budget.leave(former);
        }
        budget.count(0, 0);
    }

    /** Nothing is held any more. */
    @Override
    public void close() {
        long less;
        long ended;
        Account of;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            less = bytes;
            ended = ending;
            count(-less, ended);
            bytes = 0;
            ending = 0;
            of = caller;
            if (of != null) {
                of.remove(this);
            }
            if (server != null) {
                server.remove(this);
            }
        }
        budget.count(-less, ended);
        if (of != null) {
            budget.leave(of);
        }
        if (server != null) {
            budget.leave(server);
        }
    }

    /** How many bytes its end would free; 0 if it cannot be ended, or is being ended. */
    synchronized long endable() {
        return end == null || closed || ending > 0 ? 0 : bytes;
    }

    /** Begins to end it, and gives how many bytes that will free; 0 if somebody else was faster. */
    long end() {
        Runnable action = end;
        long freed;
        synchronized (this) {
            freed = action == null || closed || ending > 0 ? 0 : bytes;
            ending = Math.max(ending, freed);
            if (caller != null) {
                caller.countEnding(freed);
            }
            if (server != null) {
                server.countEnding(freed);
            }
        }
        if (freed > 0 && action != null) {
            budget.countEnding(freed);
            action.run();
        }
        return freed;
    }

    private void count(long more, long ended) {
        if (caller != null) {
            caller.count(more);
            caller.countEnding(-ended);
        }
        if (server != null) {
            server.count(more);
            server.countEnding(-ended);
        }
    }

    private void join(@Nullable Account account) {
        if (account != null && end != null) {
            account.add(this);
        }
    }
}
