package io.headgate.gateway.generation;

import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHead;
import io.headgate.filter.Secret;
import io.headgate.filter.Target;
import io.headgate.filter.audit.AuditConfig;
import io.headgate.filter.audit.AuditFilter;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.policy.Chain;
import io.headgate.gateway.policy.ConfiguredFilter;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.gateway.route.catalog.Resolver;
import io.headgate.gateway.route.catalog.Source;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.mcp.JsonRpc;
import io.micrometer.core.instrument.Gauge;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/**
 * Owns the generations: makes the next one, puts it in the place of the present one, and closes what is no longer used when the
 * last exchange that can use it is over.
 *
 * <p>Which generation an exchange gets is decided once, where its route is resolved; the rest of its way follows the route.
 */
public final class Generations implements Handler, Resolver {
    private static final Logger LOG = LoggerFactory.getLogger(Generations.class);
    private static final Duration LOOK = Duration.ofMillis(250);

    /** Longer than any call that the default chain lets through; what still goes on then is cut. */
    private static final Duration LONGEST_DRAIN = Duration.ofMinutes(5);

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    private final GenerationParts parts;
    private final Disposable looking;
    private volatile Generation present;

    /** The present one and those whose exchanges are not over, the newest first. */
    private volatile Generation[] alive;

    // All below is guarded by this.
    private final List<Retired> retired = new ArrayList<>();
    private final Map<Upstream, Entry> entries = new HashMap<>();
    private boolean isClosed;

    /** What an upstream was made of: its entry in the file, and the certificates that the entry names. */
    private record Entry(UpstreamConfig config, String trusted) {
        static Entry of(UpstreamConfig config) {
            String file = config.trustFile();
            try {
                return new Entry(
                        config, file == null ? "" : Files.readString(Path.of(file), StandardCharsets.ISO_8859_1));
            } catch (IOException unreadable) {
                return new Entry(config, unreadable.toString());
            }
        }
    }

    private record Retired(Generation generation, long sinceNanos, boolean wasIdle) {}

    /** Makes the first one; the keeper has no servers before. */
    public Generations(GenerationParts parts, Config config) {
        this.parts = parts;
        alive = new Generation[0];
        present = make(1, config, null, "start");
        alive = new Generation[] {present};
        keepSecret();
        parts.keeper().begin(present.servers());
        parts.exports().follow(present.chain().find(AuditFilter.class));
        Gauge.builder(MeterNames.GENERATION, this, all -> all.present.number()).register(parts.meters());
        looking = parts.thread()
                .schedulePeriodically(this::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
        Gauge.builder(MeterNames.GENERATIONS, this, all -> all.alive.length).register(parts.meters());
    }

    /** The one that new exchanges get. */
    public Generation present() {
        return present;
    }

    /** Those that have exchanges, the newest first. */
    public List<Generation> alive() {
        return List.of(alive);
    }

    /** True if there is a server of this name, or if it is empty and means the fleet. */
    public boolean knows(String server) {
        return present.servers().knows(server);
    }

    @Override
    public Resolved resolve(Target target, boolean hasSession) {
        return present.servers().resolve(target, hasSession);
    }

    /** Why a request is refused of which only the head has come, or null. */
    public @Nullable Refusal refuses(RequestHead head) {
        return present.chain().refuses(head);
    }

    @Override
    public Flux<JsonRpc> handle(Exchange exchange) {
        Generation now = present;
        return exchange.route() instanceof Resolved route && route.servers() != now.servers()
                ? of(route, now).handle(exchange)
                : now.handle(exchange);
    }

    private Generation of(Resolved route, Generation otherwise) {
        for (Generation generation : alive) {
            if (generation.servers() == route.servers()) {
                return generation;
            }
        }
        // Resolved in what was over before it came here: it is judged by what is right now.
        return otherwise;
    }

    /**
     * Puts what a file describes in the place of the present generation, and says what is another thing now; the same file again
     * changes nothing. Throws what says on one line why it cannot be made, and nothing has changed then. May block.
     */
    public synchronized List<String> apply(Config config, String reason) {
        if (isClosed) {
            throw new IllegalStateException("the gateway is stopping");
        }
        Generation before = present;
        List<String> changes = new ArrayList<>(Changes.between(before.config(), config));
        for (UpstreamConfig server : config.servers()) {
            Entry known = entries.get(before.upstreams().get(server.name()));
            if (known != null
                    && server.equals(known.config())
                    && !Entry.of(server).equals(known)) {
                changes.add("server " + server.name() + " trusts other certificates");
            }
        }
        if (!changes.isEmpty()) {
            put(make(before.number() + 1, config, before, reason), before);
        }
        return changes;
    }

    /** Makes a generation with all that is equal in the one before; throws when something cannot be made, and closes the rest. */
    private Generation make(int number, Config config, @Nullable Generation before, String reason) {
        List<Upstream> made = new ArrayList<>();
        Chain chain = null;
        try {
            Map<String, Upstream> upstreams = new LinkedHashMap<>();
            List<Source> sources = new ArrayList<>();
            for (UpstreamConfig server : config.servers()) {
                Upstream upstream = before == null ? null : before.upstreams().get(server.name());
                Entry entry = Entry.of(server);
                if (upstream == null || !entry.equals(entries.get(upstream))) {
                    upstream = parts.upstreams().apply(server);
                    entries.put(upstream, entry);
                    made.add(upstream);
                }
                upstreams.put(server.name(), upstream);
                sources.add(new Source(upstream, server.prefix()));
            }
            chain = new Chain(config.filters(), before == null ? null : before.chain(), parts.context());
            return new Generation(
                    number,
                    config,
                    chain,
                    upstreams,
                    parts.keeper().with(sources),
                    parts.end(),
                    reason,
                    parts.context().clock().instant());
        } catch (RuntimeException notMade) {
            made.forEach(entries::remove);
            made.forEach(Generations::close);
            if (chain != null) {
                chain.close(before == null ? Set.of() : before.chain().filters());
            }
            throw notMade;
        }
    }

    /** What is sent to servers, and with exported records, in the gateway's own name. */
    private void keepSecret() {
        List<Secret> secrets = new ArrayList<>();
        for (Generation generation : alive) {
            Config config = generation.config();
            config.servers()
                    .forEach(server -> server.headers().values().forEach(value -> secrets.add(new Secret(value))));
            for (ConfiguredFilter<?> filter : config.filters()) {
                if (filter.config() instanceof AuditConfig audit && audit.export() != null) {
                    secrets.addAll(audit.export().headers().values());
                }
            }
        }
        parts.secrets().set(secrets);
    }

    private void put(Generation next, Generation before) {
        parts.settings().accept(next.config());
        List<Generation> all = new ArrayList<>(List.of(next));
        all.addAll(List.of(alive));
        alive = all.toArray(Generation[]::new);
        keepSecret();
        parts.keeper().serve(next.servers());
        present = next;
        parts.exports().follow(next.chain().find(AuditFilter.class));
        parts.follow().run();
        retired.add(new Retired(before, System.nanoTime(), /* wasIdle= */ false));
    }

    /** Closes what ended; an exchange that was just resolved is not counted yet, so one look is not enough. */
    private synchronized void look() {
        if (isClosed) {
            return;
        }
        long now = System.nanoTime();
        List<Retired> stay = new ArrayList<>();
        for (Retired old : retired) {
            boolean isLate = now - old.sinceNanos() > LONGEST_DRAIN.toNanos();
            boolean isIdle = old.generation().inFlight() == 0 && isQuiet(old.generation());
            if ((isIdle && old.wasIdle()) || isLate) {
                try {
                    end(old.generation());
                } catch (RuntimeException unforeseen) {
                    LOG.error("Generation {} did not end well", old.generation().number(), unforeseen);
                }
            } else {
                stay.add(new Retired(old.generation(), old.sinceNanos(), isIdle));
            }
        }
        retired.clear();
        retired.addAll(stay);
    }

    /** A parked call is none of the exchanges, and is still on its way at its server. */
    private boolean isQuiet(Generation generation) {
        Set<Upstream> others = upstreamsOf(generation);
        return generation.upstreams().values().stream()
                .allMatch(upstream ->
                        others.contains(upstream) || upstream.state().callsInFlight() == 0);
    }

    private Set<Upstream> upstreamsOf(@Nullable Generation but) {
        Set<Upstream> all = new HashSet<>();
        for (Generation generation : alive) {
            if (generation != but) {
                all.addAll(generation.upstreams().values());
            }
        }
        return all;
    }

    private void end(Generation over) {
        List<Generation> others = new ArrayList<>(List.of(alive));
        others.remove(over);
        alive = others.toArray(Generation[]::new);
        Set<Filter> filters = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (Generation other : others) {
            filters.addAll(other.chain().filters());
            names.addAll(other.upstreams().keySet());
        }
        over.chain().close(filters);
        Set<Upstream> used = upstreamsOf(over);
        over.upstreams().forEach((name, upstream) -> {
            if (!used.contains(upstream)) {
                entries.remove(upstream);
                close(upstream);
            }
            if (!names.contains(name)) {
                filters.forEach(filter -> filter.forget(name));
                parts.meters().getMeters().stream()
                        .filter(meter -> name.equals(meter.getId().getTag("upstream")))
                        .forEach(parts.meters()::remove);
            }
        });
        LOG.info("Generation {} is over", over.number());
    }

    /** Its sessions are deleted at the server, which takes a while; nothing waits for that. */
    private static void close(Upstream upstream) {
        var unused = upstream.close()
                .timeout(CLOSE_WITHIN)
                .subscribe(
                        closed -> {},
                        late -> LOG.warn("The server {} was not left in order: {}", upstream.name(), late.toString()));
    }

    /** Closes all: first what is sent to others, then the filters, then the servers. */
    public synchronized void close() {
        isClosed = true;
        looking.dispose();
        Set<Upstream> upstreams = upstreamsOf(null);
        Set<Filter> closed = new HashSet<>();
        for (Generation generation : alive) {
            generation.chain().close(closed);
            closed.addAll(generation.chain().filters());
        }
        parts.exports().follow(null);
        Flux.fromIterable(upstreams)
                .flatMap(Upstream::close)
                .then()
                .timeout(CLOSE_WITHIN)
                .onErrorComplete()
                .block();
    }
}
