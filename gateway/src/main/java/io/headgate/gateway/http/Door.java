package io.headgate.gateway.http;

import io.headgate.filter.Events;
import io.headgate.gateway.dialect.FrontDialect;
import io.headgate.gateway.memory.MemoryBudget;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What all connections of one door share. */
final class Door {
    final DoorLimits limits;
    final FrontDialect dialect;
    final DoorMeters meters;
    final Events events;
    final MemoryBudget memory;
    final @Nullable TlsCertificates certificates;
    final AtomicInteger connections = new AtomicInteger();
    volatile boolean draining;

    final long headerNanos;
    final long bodyNanos;
    final long idleNanos;
    final long keepAliveNanos;
    final long stallNanos;

    private volatile DoorConfig config;
    private volatile @Nullable InetSocketAddress bound;
    private volatile @Nullable DoorNames names;
    private final long tickNanos;
    private final Map<EventLoop, LoopClock> clocks = new ConcurrentHashMap<>();

    Door(
            DoorConfig config,
            FrontDialect dialect,
            DoorMeters meters,
            Events events,
            MemoryBudget memory,
            @Nullable TlsCertificates certificates) {
        this.config = config;
        limits = config.limits();
        this.dialect = dialect;
        this.meters = meters;
        this.events = events;
        this.memory = memory;
        this.certificates = certificates;
        headerNanos = limits.headerTimeout().toNanos();
        bodyNanos = limits.bodyTimeout().toNanos();
        idleNanos = limits.keepAliveIdle().toNanos();
        keepAliveNanos = limits.sseKeepAlive().toNanos();
        stallNanos = limits.sseWriteStall().toNanos();
        tickNanos = limits.tick().toNanos();
    }

    /** Some of the names have the port, which is known with the first connection. */
    void boundTo(InetSocketAddress address) {
        if (names == null) {
            bound = address;
            names = DoorNames.of(config, address);
        }
    }

    /** Lets other hosts and origins in, from the next request on. */
    void allow(Set<String> hosts, Set<String> origins) {
        DoorConfig before = config;
        DoorConfig changed =
                new DoorConfig(before.host(), before.port(), before.tls(), hosts, origins, before.limits());
        config = changed;
        InetSocketAddress address = bound;
        if (address != null) {
            names = DoorNames.of(changed, address);
        }
    }

    DoorNames names() {
        return Objects.requireNonNull(names);
    }

    LoopClock clockOf(EventLoop loop) {
        LoopClock found = clocks.get(loop);
        return found != null ? found : clocks.computeIfAbsent(loop, this::startClock);
    }

    private LoopClock startClock(EventLoop loop) {
        LoopClock clock = new LoopClock(loop, memory.tally());
        clock.start(tickNanos);
        return clock;
    }

    /** Does something with each connection and stream, on its own event loop. */
    void each(Consumer<Watched> action) {
        clocks.values().forEach(clock -> clock.execute(action));
    }

    void stopClocks() {
        clocks.values().forEach(LoopClock::stop);
    }
}
