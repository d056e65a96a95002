package io.headgate.filter.audit;

import io.headgate.filter.Events;
import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.NamePattern;
import io.headgate.filter.NameTable;
import io.headgate.filter.Refusal;
import io.headgate.filter.audit.log.AuditLog;
import io.headgate.filter.audit.log.AuditRecord;
import io.headgate.filter.audit.log.AuditTrouble;
import io.headgate.filter.audit.log.Durability;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.Counter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Schedulers;

/**
 * Keeps two records of every tool call: that it is about to be made, durable before it is, and what came of it, durable
 * before the client knows.
 *
 * <p>A call that cannot be written down is not made. Other requests are kept by rule.
 */
public final class AuditFilter implements Filter {
    public static final FilterType<AuditConfig> TYPE = new FilterType<>("audit", AuditConfig.class, AuditFilter::open);

    private static final Logger LOG = LoggerFactory.getLogger(AuditFilter.class);
    private static final String DIRECTORY = "audit";
    private static final String KEYS = "audit-fingerprints.keys";
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final AuditConfig config;
    private final AuditSink log;
    private final @Nullable ExportFeed export;
    private final Events events;
    private final CallRecords records;
    private final EventRecords eventRecords;
    private final ThreadLocal<Landing> landings;
    private final Disposable.Composite tasks = Disposables.composite();
    private final Refusal refusal =
            new Refusal(Refusal.Reason.OVERLOADED, "the call cannot be recorded at the moment", RETRY_AFTER);
    private final Counter refusals;
    private final Counter losses;
    private final Consumer<@Nullable AuditTrouble> unheeded = this::written;

    /** Opens the log below the data directory. */
    private static AuditFilter open(AuditConfig config, FilterContext context) {
        Path directory = context.data().resolve(DIRECTORY);
        AuditLog log = AuditLog.open(directory, config.log(), context.meters(), context.clock());
        ExportConfig export = config.export();
        try {
            return new AuditFilter(
                    config,
                    context,
                    new LogSink(log),
                    export == null ? null : new ExportFeed(export, directory, log::durable));
        } catch (RuntimeException notMade) {
            log.close();
            throw notMade;
        }
    }

    /** The log on the disk. */
    private record LogSink(AuditLog log) implements AuditSink {
        @Override
        public void append(
                String type, byte[] members, Durability durability, Consumer<@Nullable AuditTrouble> whenDurable) {
            log.append(new AuditRecord(type, members), durability, whenDurable);
        }

        @Override
        public void flush() {
            log.flush();
        }

        @Override
        public boolean accepts() {
            return log.accepts();
        }

        @Override
        public void close() {
            log.close();
        }
    }

    AuditFilter(AuditConfig config, FilterContext context, AuditSink log, @Nullable ExportFeed export) {
        this.config = config;
        this.log = log;
        this.export = export;
        this.events = context.events();
        this.landings = ThreadLocal.withInitial(() -> new Landing(context.timer(), log));
        this.refusals = context.meters().counter("headgate.audit.calls.refused");
        this.losses = context.meters().counter("headgate.audit.lost");
        FingerprintKeys keys = new FingerprintKeys(
                context.data().resolve(KEYS),
                context.clock(),
                id -> events.post("key_rotated", Map.of("key", "fingerprints", "id", id)));
        Fingerprints fingerprints = new Fingerprints(keys);
        Masks masks = new Masks(context.secrets());
        ArgumentsSketch sketch = new ArgumentsSketch(
                fingerprints,
                masks,
                context.meters().counter("headgate.audit.redactions"),
                context.meters().counter("headgate.audit.truncations"));
        this.records = new CallRecords(fingerprints, masks, sketch, kept(config.values()));
        this.eventRecords = new EventRecords(this, masks, context.clock());
        // Both may wait for a file or take long, so no event loop does them.
        tasks.add(Schedulers.boundedElastic().schedulePeriodically(() -> prepare(keys), 1, 1, TimeUnit.DAYS));
        tasks.add(Schedulers.boundedElastic().schedulePeriodically(eventRecords::flush, 1, 1, TimeUnit.MINUTES));
        events.listen(eventRecords);
    }

    private static NameTable<Set<String>> kept(Map<String, List<String>> values) {
        NameTable<Set<String>> kept = new NameTable<>();
        values.forEach((tools, paths) -> kept.add(NamePattern.of(tools), Set.copyOf(paths)));
        return kept;
    }

    private static void prepare(FingerprintKeys keys) {
        try {
            keys.prepare();
        } catch (RuntimeException notWritten) {
            LOG.warn("{}; the old key stays", notWritten.getMessage());
        }
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        if (!(exchange.message() instanceof JsonRpc.Request)) {
            return next.handle(exchange);
        }
        boolean isCall = exchange.method().equals(Methods.TOOLS_CALL);
        Durability durability = isCall ? config.durability() : config.methods().get(exchange.method());
        return durability == null ? next.handle(exchange) : new Answer(this, durability, isCall, exchange, next);
    }

    /** What comes back of one exchange that is kept. */
    private static final class Answer extends Flux<JsonRpc> {
        private final AuditFilter filter;
        private final Durability durability;
        private final boolean isCall;
        private final Exchange exchange;
        private final Handler next;

        Answer(AuditFilter filter, Durability durability, boolean isCall, Exchange exchange, Handler next) {
            this.filter = filter;
            this.durability = durability;
            this.isCall = isCall;
            this.exchange = exchange;
            this.next = next;
        }

        @Override
        public void subscribe(CoreSubscriber<? super JsonRpc> client) {
            if (filter.log.accepts()) {
                new AuditedCall(client, filter, durability, exchange, next).begin();
            } else if (isCall || durability != Durability.ASYNC) {
                Operators.error(client, filter.refusal());
            } else {
                filter.lost();
                next.handle(exchange).subscribe(client);
            }
        }
    }

    CallRecords records() {
        return records;
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

    /** Counts a call that is not made. */
    Refusal refusal() {
        refusals.increment();
        return refusal;
    }

    /** What whoever sends the records elsewhere needs, or null if they stay. */
    public @Nullable ExportFeed export() {
        return export;
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("accepts", log.accepts());
        state.put("durability", config.durability().name().toLowerCase(Locale.ROOT));
        if (export != null) {
            state.put("export", export.state());
        }
        return state;
    }

    @Override
    public void close() {
        events.unlisten(eventRecords);
        tasks.dispose();
        eventRecords.flush();
        log.close();
    }
}
