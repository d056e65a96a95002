package io.headgate.gateway;

import io.headgate.filter.Events;
import io.headgate.gateway.telemetry.MeterNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that the wall clock was set: it no longer goes with the clock that only runs on, so times in the audit log and
 * those of other machines cannot be compared across that moment.
 *
 * <p>A clock that is put right slowly, as time daemons do it, does not jump.
 */
final class ClockWatch {
    private static final Logger LOG = LoggerFactory.getLogger(ClockWatch.class);

    /** A leap second is a jump; what a time daemon adjusts from one look to the next is none. */
    private static final long LEAST_MILLIS = 500;

    /** A thread that was stopped between its two clocks would see a jump where there is none. */
    private static final long LONGEST_READING = TimeUnit.MILLISECONDS.toNanos(20);

    private final InstantSource wall;
    private final LongSupplier nanos;
    private final Counter jumps;
    private final Events events;
    private boolean hasSeen;
    private long wallMillis;
    private long seenNanos;

    ClockWatch(InstantSource wall, LongSupplier nanos, MeterRegistry meters, Events events) {
        this.wall = wall;
        this.nanos = nanos;
        this.jumps = meters.counter(MeterNames.CLOCK_JUMPS);
        this.events = events;
        look();
    }

    /** Compares the clocks with what they said the last time; by one thread after the other. */
    void look() {
        long before = nanos.getAsLong();
        long now = wall.millis();
        long after = nanos.getAsLong();
        if (after - before > LONGEST_READING) {
            return;
        }
        long by = now - wallMillis - TimeUnit.NANOSECONDS.toMillis(after - seenNanos);
        boolean isJump = hasSeen && Math.abs(by) >= LEAST_MILLIS;
        hasSeen = true;
        wallMillis = now;
        seenNanos = after;
        if (isJump) {
            jumps.increment();
            LOG.warn("The wall clock jumped by {} ms", by);
            events.post("sys_clock_jump", Map.of("by_ms", Long.toString(by)));
        }
    }
}
