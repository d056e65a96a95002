package io.headgate.filter.audit;

import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.NamePattern;
import io.headgate.filter.NameTable;
import io.headgate.filter.Refusal;
import io.headgate.filter.Succession;
import io.headgate.filter.audit.log.AuditLog;
import io.headgate.filter.audit.log.AuditLogConfig;
import io.headgate.filter.audit.log.AuditRecord;
import io.headgate.filter.audit.log.AuditTrouble;
import io.headgate.filter.audit.log.Durability;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * Keeps two records of every tool call: that it is about to be made, durable before it is, and what came of it, durable
 * before the client knows.
 *
 * <p>A call that cannot be written down is not made. Other requests are kept by rule.
 */
public final class AuditFilter implements Filter {
    public static final FilterType<AuditConfig> TYPE = new FilterType<>("audit", AuditConfig.class, AuditFilter::open);

    private static final String DIRECTORY = "audit";
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final AuditConfig config;
    private final Ledger ledger;
    private final Succession<Ledger.Settings>.Turn turn;
    private final @Nullable ExportFeed export;
    private final CallRecords records;
    private final Refusal refusal =
            new Refusal(Refusal.Reason.OVERLOADED, "the call cannot be recorded at the moment", RETRY_AFTER);
    private final Counter refusals;

    /** Opens the log below the data directory, or goes on with the one that the filter before it has opened. */
    private static AuditFilter open(AuditConfig config, FilterContext context) {
        return open(
                config,
                context,
                () -> new LogSink(AuditLog.open(
                        context.data().resolve(DIRECTORY), config.log(), context.meters(), context.clock())));
    }

    /** The same with another log. */
    static AuditFilter open(AuditConfig config, FilterContext context, Supplier<AuditSink> log) {
        Ledger.Settings settings = new Ledger.Settings(context.place(), config.log());
        if (context.former() instanceof AuditFilter former) {
            Ledger ledger = former.ledger;
            return new AuditFilter(
                    config,
                    context,
                    ledger,
                    ledger.owners().next(settings),
                    feed(config, context, ledger, former.export));
        }
        AuditSink opened = log.get();
        try {
            Ledger ledger = new Ledger(opened, settings, context);
            return new AuditFilter(
                    config, context, ledger, ledger.owners().first(), feed(config, context, ledger, null));
        } catch (RuntimeException notMade) {
            opened.close();
            throw notMade;
        }
    }

    /** The same feed as before if nothing of it changed, so that whoever reads it need not begin anew. */
    private static @Nullable ExportFeed feed(
            AuditConfig config, FilterContext context, Ledger ledger, @Nullable ExportFeed before) {
        ExportConfig wanted = config.export();
        if (wanted == null || (before != null && wanted.equals(before.config()))) {
            return wanted == null ? null : before;
        }
        return new ExportFeed(wanted, context.data().resolve(DIRECTORY), ledger.log()::durable);
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
        public long durable() {
            return log.durable();
        }

        @Override
        public List<String> follow(AuditLogConfig config) {
            return log.follow(config);
        }

        @Override
        public void close() {
            log.close();
        }
    }

    private AuditFilter(
            AuditConfig config,
            FilterContext context,
            Ledger ledger,
            Succession<Ledger.Settings>.Turn turn,
            @Nullable ExportFeed export) {
        this.config = config;
        this.ledger = ledger;
        this.turn = turn;
        this.export = export;
        this.refusals = context.meters().counter("headgate.audit.calls.refused");
        this.records = ledger.records(kept(config.values()));
    }

    private static NameTable<Set<String>> kept(Map<String, List<String>> values) {
        NameTable<Set<String>> kept = new NameTable<>();
        values.forEach((tools, paths) -> kept.add(NamePattern.of(tools), Set.copyOf(paths)));
        return kept;
    }

    @Override
    public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
        if (!(exchange.message() instanceof JsonRpc.Request)) {
            return next.handle(exchange);
        }
        turn.use();
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
            if (filter.ledger.log().accepts()) {
                new AuditedCall(client, filter, durability, exchange, next).begin();
            } else if (isCall || durability != Durability.ASYNC) {
                Operators.error(client, filter.refusal());
            } else {
                filter.ledger.lost();
                next.handle(exchange).subscribe(client);
            }
        }
    }

    CallRecords records() {
        return records;
    }

    Ledger ledger() {
        return ledger;
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
        state.put("accepts", ledger.log().accepts());
        state.put("durability", config.durability().name().toLowerCase(Locale.ROOT));
        if (export != null) {
            state.put("export", export.state());
        }
        return state;
    }

    @Override
    public void close() {
        if (turn.end()) {
            ledger.close();
        }
    }
}
