package io.headgate.gateway.generation;

import io.headgate.filter.audit.AuditFilter;
import io.headgate.filter.audit.ExportFeed;
import io.headgate.gateway.audit.AuditExporter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Sends the records of the present audit filter elsewhere; one at a time, because both would read from the same place on. */
public final class Exports {
    private static final Duration LAST_SENDS = Duration.ofSeconds(5);

    private final MeterRegistry meters;
    private final InstantSource clock;
    private @Nullable ExportFeed feed;
    private @Nullable AuditExporter exporter;

    public Exports(MeterRegistry meters, InstantSource clock) {
        this.meters = meters;
        this.clock = clock;
    }

    /** Stops what sends for another filter and begins for this one; null if there is none any more. May block. */
    synchronized void follow(@Nullable AuditFilter audit) {
        ExportFeed next = audit == null ? null : audit.export();
        if (next == feed) {
            return;
        }
        AuditExporter old = exporter;
        if (old != null) {
            old.stop().timeout(LAST_SENDS).onErrorComplete().block();
        }
        feed = next;
        exporter = next == null ? null : AuditExporter.start(next, meters, clock);
    }
}
