package io.headgate.filter.audit;

import io.headgate.filter.Events;
import io.headgate.filter.FilterContext;
import io.headgate.filter.NameTable;
import io.headgate.filter.Succession;
import io.headgate.filter.audit.log.AuditLogConfig;
import io.headgate.filter.audit.log.AuditTrouble;
import io.headgate.filter.audit.log.Durability;
import io.micrometer.core.instrument.Counter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Schedulers;

/**
 * The open log and all that writes into it: one for all filters that follow one another, so that the chain of records goes on.
 *
 * <p>It is closed with the last of them, because calls that an earlier one began write what came of them into it.
 */
final class Ledger {
    private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);
    private static final String KEYS = "audit-fingerprints.keys";

    private final AuditSink log;
    private final Events events;
    private final ThreadLocal<Landing> landings;
    private final Masks masks;
    private final Fingerprints fingerprints;
    private final ArgumentsSketch sketch;
    private final EventRecords eventRecords;
    private final Counter losses;
    private final Disposable.Composite tasks = Disposables.composite();
    private final Succession<Settings> owners;
    private final Consumer<@Nullable AuditTrouble> unheeded = this::written;

    /** How one of the filters wants the log to be kept, and where the file says so. */
    record Settings(String place, AuditLogConfig config) {}

    Ledger(AuditSink log, Settings settings, FilterContext context) {
        this.log = log;
        events = context.events();
        var timer = context.timer();
        landings = ThreadLocal.withInitial(() -> new Landing(timer, log));
        losses = context.meters().counter("headgate.audit.lost");
        Events told = events;
        FingerprintKeys keys = new FingerprintKeys(
                context.data().resolve(KEYS),
                context.clock(),
                id -> told.post("key_rotated", Map.of("key", "fingerprints", "id", id)));
        fingerprints = new Fingerprints(keys);
        masks = new Masks(context.secrets());
        sketch = new ArgumentsSketch(
                fingerprints,
                masks,
                context.meters().counter("headgate.audit.redactions"),
                context.meters().counter("headgate.audit.truncations"));
        eventRecords = new EventRecords(this, masks, context.clock());
        owners = new Succession<>(settings, this::follow);
        // Both may wait for a file or take long, so no event loop does them.
        tasks.add(Schedulers.boundedElastic().schedulePeriodically(() -> prepare(keys), 1, 1, TimeUnit.DAYS));
        tasks.add(Schedulers.boundedElastic().schedulePeriodically(eventRecords::flush, 1, 1, TimeUnit.MINUTES));
        events.listen(eventRecords);
    }

    private static void prepare(FingerprintKeys keys) {
        try {
            keys.prepare();
        } catch (RuntimeException notWritten) {
            LOG.warn("{}; the old key stays", notWritten.getMessage());
        }
    }

    private void follow(Settings settings) {
        List<String> waiting = log.follow(settings.config());
        if (!waiting.isEmpty()) {
            LOG.warn(
                    "{}: log: what changed of {} takes effect when the gateway is started again",
                    settings.place(),
                    String.join(", ", waiting));
        }
    }

    Succession<Settings> owners() {
        return owners;
    }

    AuditSink log() {
        return log;
    }

    /** Makes the records of calls; of some tools it keeps the values of arguments. */
    CallRecords records(NameTable<Set<String>> kept) {
        return new CallRecords(fingerprints, masks, sketch, kept);
    }

    /** The way back to the thread that asks. */
    Landing landing() {
        return landings.get();
    }

    void write(String type, byte[] members, Durability durability, Consumer<@Nullable AuditTrouble> whenDurable) {
        log.append(type, members, durability, whenDurable);
        landings.get().depart();
    }

    /** Writes what nobody waits for. */
    void write(String type, byte[] members, Durability durability) {
        write(type, members, durability, unheeded);
    }

    private void written(@Nullable AuditTrouble trouble) {
        if (trouble != null) {
            lost();
        }
    }

    /** Counts a record that is missing. */
    void lost() {
        losses.increment();
    }

    void close() {
        events.unlisten(eventRecords);
        tasks.dispose();
        eventRecords.flush();
        log.close();
    }
}
