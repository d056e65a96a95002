package io.headgate.gateway.memory;

import io.headgate.gateway.telemetry.MeterNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.internal.PlatformDependent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many bytes the gateway holds for its callers and its servers, and who holds them.
 *
 * <p>Nothing that is held is refused to grow: a stream in progress goes on. Instead the largest holds end when there is
 * too much: beyond {@value #SHARES_FROM} % those of an account that has more than its share, beyond {@value #ENDS_FROM} %
 * those of the account that has the most. Beyond {@value #REFUSES_FROM} % the gateway takes no new work, unless these make
 * room for it.
 */
public final class MemoryBudget {
    static final int SHARES_FROM = 70;
    static final int REFUSES_FROM = 85;
    static final int ENDS_FROM = 95;

    /** What is smaller is counted in a {@link Tally}, because a hold of its own would cost more than it tells. */
    public static final int LEAST = 16 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(MemoryBudget.class);
    private static final long LOG_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** A refusal is to be cheap, so room that was not found is not looked for again at once. */
    private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final String ANONYMOUS = "(anonymous)";

    private final long capacity;
    private final long sharesFrom;
    private final long refusesFrom;
    private final long endsFrom;
    private final long callerShare;
    private final long serverShare;
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong ending = new AtomicLong();
    private final Map<String, Account> callers = new ConcurrentHashMap<>();
    private final Map<String, Account> servers = new ConcurrentHashMap<>();
    private final AtomicBoolean relieving = new AtomicBoolean();
    private volatile long triedInVain = System.nanoTime() - AGAIN_NANOS;
    private final Map<Held, Counter> ended = new EnumMap<>(Held.class);

    // Guarded by relieving.
    private long loggedAt = System.nanoTime() - LOG_NANOS;
    private int endedSince;
    private long freedSince;

    private MemoryBudget(long capacity, MemoryConfig config, MeterRegistry meters) {
        this.capacity = capacity;
        sharesFrom = capacity / 100 * SHARES_FROM;
        refusesFrom = capacity / 100 * REFUSES_FROM;
        endsFrom = capacity / 100 * ENDS_FROM;
        callerShare = capacity / 100 * config.callerPercent();
        serverShare = capacity / 100 * config.serverPercent();
        for (Held each : Held.values()) {
            ended.put(each, meters.counter(MeterNames.MEMORY_ENDED, "kind", each.label()));
        }
        Gauge.builder(MeterNames.MEMORY_BUDGET, this, budget -> budget.capacity).register(meters);
        Gauge.builder(MeterNames.MEMORY_HELD, used, AtomicLong::get).register(meters);
        Gauge.builder(MeterNames.MEMORY_DIRECT, () -> Math.max(0, PlatformDependent.usedDirectMemory()))
                .register(meters);
    }

    /** The budget of this process. */
    public static MemoryBudget of(MemoryConfig config, MeterRegistry meters) {
        return new MemoryBudget(config.bytesOf(Runtime.getRuntime().maxMemory()), config, meters);
    }

    /** A budget that is never spent. */
    public static MemoryBudget unlimited(MeterRegistry meters) {
        return new MemoryBudget(Long.MAX_VALUE, MemoryConfig.DEFAULT, meters);
    }

    /** True if no new work can be taken; what is being ended is as good as gone. */
    public boolean isScarce() {
        long now = used.get();
        return now >= refusesFrom && (now >= endsFrom || now - ending.get() >= refusesFrom);
    }

    /**
     * True if new work can be taken. When little is left the accounts that have the most make room for it: otherwise a few
     * callers, each within its share, could hold as much as keeps all others out.
     */
    public boolean takesNewWork() {
        if (!isScarce()) {
            return true;
        }
        long now = System.nanoTime();
        if (now - triedInVain >= AGAIN_NANOS) {
            relieve(refusesFrom - 1);
            if (isScarce()) {
                triedInVain = now;
            }
        }
        return !isScarce();
    }

    /** True if so many bytes more are no reason to end anything. */
    public boolean hasRoom(long more) {
        return lasting() + more <= endsFrom;
    }

    /** True if there is no room for anything any more. */
    public boolean isSpent() {
        return used.get() >= endsFrom;
    }

    /** True if memory is short, and a caller has its share of it: it can have no more that lasts. */
    public boolean isBeyondShare(String caller) {
        return isBeyondShare(callers, caller);
    }

    /** The same for a server. */
    public boolean isServerBeyondShare(String server) {
        return isBeyondShare(servers, server);
    }

    private boolean isBeyondShare(Map<String, Account> accounts, String name) {
        Account account = lasting() > sharesFrom ? accounts.get(name) : null;
        return account != null && account.isBeyondShare();
    }

    /**
     * Something begins to be held.
     *
     * @param caller the key of the caller on whose account it is, empty for those who are not identified, or null
     * @param server the server on whose account it is, or null
     * @param end ends what is held, with an error for whoever waits for it, or null if it cannot be ended; runs on any
     *     thread, and must not wait
     */
    public Hold hold(Held kind, @Nullable String caller, @Nullable String server, @Nullable Runnable end) {
        return new Hold(
                this,
                kind,
                caller == null ? null : caller(caller),
                server == null ? null : join(servers, server, serverShare),
                end);
    }

    /** A count of the small things of one event loop. */
    public Tally tally() {
        return new Tally(this);
    }

    Account caller(String key) {
        return join(callers, key, callerShare);
    }

    private static Account join(Map<String, Account> accounts, String name, long share) {
        Account[] joined = new Account[1];
        accounts.compute(name, (key, present) -> {
            Account account = present == null ? new Account(key, share) : present;
            account.users++;
            joined[0] = account;
            return account;
        });
        return joined[0];
    }

    void leave(Account account) {
        Map<String, Account> accounts = callers.get(account.name) == account ? callers : servers;
        accounts.computeIfPresent(account.name, (key, present) -> {
            if (present != account) {
                return present;
            }
            account.users--;
            return account.users == 0 ? null : account;
        });
    }

    void count(long more, long ended) {
        if (ended != 0) {
            ending.addAndGet(-ended);
        }
        long now = more == 0 ? used.get() : used.addAndGet(more);
        if (more >= 0 && now > sharesFrom && lasting() > sharesFrom) {
            relieve(endsFrom);
        }
    }

    void countEnding(long more) {
        ending.addAndGet(more);
    }

    private long lasting() {
        return used.get() - ending.get();
    }

    /** One thread at a time ends what is too much; another that has more to hold meanwhile looks again with its next bytes. */
    private void relieve(long anyFrom) {
        if (!relieving.compareAndSet(false, true)) {
            return;
        }
        try {
            boolean more = true;
            while (more && lasting() > sharesFrom) {
                Hold next = next(anyFrom);
                more = next != null && end(next);
            }
            report();
        } finally {
            relieving.set(false);
        }
    }

    /** What is to end next: of an account beyond its share, or of any if more is held than this; null for nothing. */
    private @Nullable Hold next(long anyFrom) {
        boolean any = lasting() > anyFrom;
        Account[] most = accounts()
                .filter(account -> any || account.isBeyondShare())
                .sorted(Comparator.comparingLong(Account::lasting).reversed())
                .toArray(Account[]::new);
        for (Account account : most) {
            Hold largest = account.largest();
            if (largest != null) {
                return largest;
            }
        }
        return null;
    }

    private boolean end(Hold hold) {
        long freed = hold.end();
        if (freed > 0) {
            Counter counter = ended.get(hold.kind());
            if (counter != null) {
                counter.increment();
            }
            endedSince++;
            freedSince += freed;
        }
        return freed > 0;
    }

    private void report() {
        long now = System.nanoTime();
        if (endedSince > 0 && now - loggedAt >= LOG_NANOS) {
            loggedAt = now;
            LOG.warn(
                    "Memory is short ({} of {} bytes are held); ended the largest {} holders, {} bytes",
                    used.get(),
                    capacity,
                    endedSince,
                    freedSince);
            endedSince = 0;
            freedSince = 0;
        }
    }

    private Stream<Account> accounts() {
        return Stream.concat(callers.values().stream(), servers.values().stream());
    }

    /** What people are shown: the budget, its use, and who holds the most. */
    public MemoryState state() {
        List<MemoryState.Share> largest = new ArrayList<>();
        callers.values()
                .forEach(each -> largest.add(
                        new MemoryState.Share("caller", each.name.isEmpty() ? ANONYMOUS : each.name, each.bytes())));
        servers.values().forEach(each -> largest.add(new MemoryState.Share("server", each.name, each.bytes())));
        largest.removeIf(each -> each.bytes() == 0);
        largest.sort(Comparator.comparingLong(MemoryState.Share::bytes).reversed());
        return new MemoryState(
                capacity,
                used.get(),
                isScarce(),
                Math.max(0, PlatformDependent.usedDirectMemory()),
                List.copyOf(largest.subList(0, Math.min(MemoryState.MOST_SHOWN, largest.size()))));
    }
}
