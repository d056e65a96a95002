package io.headgate.gateway.http;

import io.headgate.filter.Events;
import io.headgate.gateway.dialect.FrontDialect;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.memory.MemoryConfig;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.RawHttp1;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/** A door on a free port of this machine, with its own event loops and meters. */
final class TestDoor implements AutoCloseable {
    /** Answers with the body that it got. */
    static final FrontDialect ECHO = call -> call.answer(200, Pieces.of(call.body()));

    final Events events = new Events();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final MemoryBudget memory;
    final HttpDoor door;
    private final HttpLoops loops;

    TestDoor(DoorConfig config, FrontDialect dialect) {
        this(config, dialect, Transport.AUTO);
    }

    TestDoor(DoorConfig config, FrontDialect dialect, Transport transport) {
        this(config, dialect, transport, Long.MAX_VALUE);
    }

    TestDoor(DoorConfig config, FrontDialect dialect, Transport transport, long memoryBytes) {
        loops = HttpLoops.create(transport, 2);
        memory = MemoryBudget.of(MemoryConfig.of(memoryBytes), meters);
        door = HttpDoor.start(config, dialect, meters, loops, events, memory, Duration.ofMillis(50));
    }

    static TestDoor of(FrontDialect dialect) {
        return new TestDoor(config(DoorLimits.DEFAULT), dialect);
    }

    static TestDoor of(DoorLimits limits, FrontDialect dialect) {
        return new TestDoor(config(limits), dialect);
    }

    static DoorConfig config(DoorLimits limits) {
        return config(limits, null, Set.of());
    }

    static DoorConfig config(DoorLimits limits, @Nullable TlsConfig tls, Set<String> origins) {
        return new DoorConfig("127.0.0.1", 0, tls, Set.of("gw.test"), origins, limits);
    }

    int port() {
        return door.address().getPort();
    }

    RawHttp1 connect() {
        return new RawHttp1(port());
    }

    double rejected(String reason) {
        return count("headgate.http.rejected", "reason", reason);
    }

    double count(String name, String... tags) {
        return meters.find(name).tags(tags).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    double gauge(String name, String... tags) {
        return Objects.requireNonNull(meters.find(name).tags(tags).gauge()).value();
    }

    /** Limits that differ from the defaults in some numbers, by name. */
    static DoorLimits limits(Map<String, Object> changes) {
        Map<String, Object> left = new ConcurrentHashMap<>(changes);
        try {
            var components = DoorLimits.class.getRecordComponents();
            Object[] values = new Object[components.length];
            Class<?>[] types = new Class<?>[components.length];
            for (int i = 0; i < components.length; i++) {
                Object changed = left.remove(components[i].getName());
                values[i] =
                        changed != null ? changed : components[i].getAccessor().invoke(DoorLimits.DEFAULT);
                types[i] = components[i].getType();
            }
            Assertions.assertThat(left).isEmpty();
            return DoorLimits.class.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        door.drain(Duration.ZERO).block(Duration.ofSeconds(5));
        loops.dispose();
    }
}
