package io.headgate.gateway.route.catalog;

import io.headgate.filter.Events;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.telemetry.MeterNames;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Owns the catalogue: has every server's lists read and read again, merges them, and tells listeners what changed. Which servers
 * there are may change while it works.
 *
 * <p>Nobody waits for a slow server: the first round ends after two seconds with whatever came, and later rounds only
 * replace what is there.
 */
public final class CatalogKeeper implements Resolver {
    private static final Logger log = LoggerFactory.getLogger(CatalogKeeper.class);
    private static final long FIRST_ROUND_MILLIS = 2_000;
    private static final int MOST_DROPPED_SHOWN = 100;
    private static final Duration LONGEST_RELEARNING = Duration.ofSeconds(10);
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(5);
    private static final int MOST_LOOKING = 1_000;

    private final Map<String, Set<Dropped>> reported = new HashMap<>();
    private final Map<String, List<Gauge>> gauges = new HashMap<>();
    private final Set<Refresher> awaited = new HashSet<>();
    private final Sinks.Empty<Void> firstRound = Sinks.empty();
    private final Disposable.Swap firstRoundEnd = Disposables.swap();
    private final MeterRegistry meters;
    private final Scheduler timer;
    private final InstantSource clock;
    private final Events events;
    private final ChangeFeed changes;
    private final AtomicInteger looking = new AtomicInteger();
    private volatile Servers servers;
    private volatile boolean isSettled;

    /**
     * One without servers.
     *
     * @param timer a scheduler of its own: lists are checked and merged there
     * @param events told of servers that go and come back, and of tools that are not what they were
     */
    public CatalogKeeper(MeterRegistry meters, Scheduler timer, InstantSource clock, Events events) {
        this.meters = meters;
        this.timer = timer;
        this.clock = clock;
        this.events = events;
        this.changes = new ChangeFeed(timer);
        servers = Servers.NONE;
    }

    /** The first servers, before anything else is asked here. */
    public void begin(Servers first) {
        servers = first;
        awaited.addAll(first.refreshers());
        isSettled = first.refreshers().isEmpty();
        first.refreshers().forEach(this::countItems);
    }

    /** Begins the first round; returns at once. */
    public void start() {
        firstRoundEnd.update(timer.schedule(this::settle, FIRST_ROUND_MILLIS, TimeUnit.MILLISECONDS));
        servers.refreshers().forEach(Refresher::start);
    }

    public void close() {
        servers.refreshers().forEach(Refresher::close);
        firstRoundEnd.dispose();
        changes.close();
        settle();
    }

    /** The servers that new exchanges reach. */
    public Servers servers() {
        return servers;
    }

    /**
     * Puts servers together that are not served yet: those that are served already with what is known of them, and others with
     * what is known of the one of the same name, until they have been read.
     */
    public Servers with(List<Source> sources) {
        List<Namespace> fleet = sources.stream()
                .map(source -> new Namespace(source.upstream().name(), source.prefix()))
                .toList();
        Servers before = servers;
        List<Refresher> refreshers = new ArrayList<>();
        for (Source source : sources) {
            Refresher known = before.refresher(source.upstream().name());
            refreshers.add(
                    known != null && known.upstream() == source.upstream()
                            ? known
                            : new Refresher(source, fleet, meters, timer, clock, events, this::refreshed, known));
        }
        return new Servers(refreshers);
    }

    /** New exchanges reach these servers from now on; who listens is told which lists are other ones. */
    public void serve(Servers next) {
        Servers before;
        synchronized (this) {
            before = servers;
            List<Namespace> fleet = next.namespaces();
            next.refreshers().forEach(refresher -> refresher.follow(fleet));
            next.merge();
            servers = next;
            next.refreshers().forEach(this::report);
        }
        Set<Refresher> stay = new HashSet<>(next.refreshers());
        for (Refresher old : before.refreshers()) {
            if (!stay.remove(old)) {
                old.close();
            }
        }
        stay.forEach(Refresher::start);
        Set<String> names = new LinkedHashSet<>();
        before.refreshers().forEach(old -> names.add(old.upstream().name()));
        next.refreshers().forEach(now -> names.add(now.upstream().name()));
        for (String name : names) {
            Refresher now = next.refresher(name);
            if (now == null) {
                forget(name);
            } else if (before.refresher(name) == null) {
                countItems(now);
            }
            changes.changed(name, differences(before.refresher(name), now));
        }
    }

    private synchronized void forget(String server) {
        reported.remove(server);
        gauges.getOrDefault(server, List.of()).forEach(meters::remove);
        gauges.remove(server);
    }

    private static Set<String> differences(@Nullable Refresher before, @Nullable Refresher now) {
        Set<String> methods = new HashSet<>();
        if (before != now) {
            Offer old = before == null ? null : before.snapshot().offer();
            Offer fresh = now == null ? null : now.snapshot().offer();
            boolean isRenamed =
                    before != null && now != null && !before.namespace().equals(now.namespace());
            for (ItemKind kind : ItemKind.values()) {
                boolean isOther = fresh == null
                        ? old != null && !old.isSame(null, kind)
                        : !fresh.isSame(isRenamed ? null : old, kind);
                if (isOther) {
                    methods.add(kind.changedMethod());
                }
            }
        }
        return methods;
    }

    @Override
    public Resolved resolve(Target target, boolean hasSession) {
        return servers.resolve(target, hasSession);
    }

    /**
     * Reads the lists of the server at the end of an exchange's route again, once for all who ask at the same time, and gives
     * the exchange with its route in what is known then; fails if the server's rules do not know fields that repeat arguments.
     */
    public Mono<Exchange> relearn(Exchange exchange) {
        Servers reached = reachedBy(exchange);
        // Of a tool that appeared late, its own route knows nothing.
        Refresher refresher = reached.refresher(again(exchange).route().server());
        return refresher == null || !refresher.upstream().state().takesListenRequests()
                ? Mono.error(new Refusal(Refusal.Reason.UPSTREAM_PROTOCOL, "not a server with such fields"))
                : refresher.again().timeout(LONGEST_RELEARNING, timer).then(Mono.fromCallable(() -> again(exchange)));
    }

    /** The exchange with its route in what is known now of the servers that it reaches. */
    public Exchange again(Exchange exchange) {
        return reachedBy(exchange).again(exchange);
    }

    private Servers reachedBy(Exchange exchange) {
        return exchange.route() instanceof Resolved route ? route.servers() : servers;
    }

    /**
     * Reads the lists of servers that an exchange reaches again, once for all who ask at the same time, and completes when that is
     * over, well or not; after five seconds at the latest, and at once while a thousand wait.
     */
    public Mono<Void> look(Exchange exchange, List<String> names) {
        return Mono.defer(() -> {
            if (looking.incrementAndGet() > MOST_LOOKING) {
                looking.decrementAndGet();
                return Mono.empty();
            }
            Servers reached = reachedBy(exchange);
            List<Mono<Void>> attempts = new ArrayList<>();
            for (String server : names) {
                Refresher refresher = reached.refresher(server);
                if (refresher != null) {
                    attempts.add(refresher.again());
                }
            }
            return Mono.when(attempts)
                    .timeout(LONGEST_LOOK, Mono.empty(), timer)
                    .doFinally(end -> looking.decrementAndGet());
        });
    }

    /** The servers' part in the catalogue, in the order of the file. */
    public List<CatalogState> states() {
        Servers now = servers;
        return now.refreshers().stream()
                .map(refresher -> state(refresher, now.catalog()))
                .toList();
    }

    /** True once the first round is over, well or not: what is not in the catalogue then is not known to be anywhere. */
    public boolean isSettled() {
        return isSettled;
    }

    /** True once calls find what at least one server has. */
    public boolean knowsLists() {
        return servers.knowsLists();
    }

    /** Completes with the first round; waits for no server longer than two seconds from the start. */
    public Mono<Void> settled() {
        return firstRound.asMono();
    }

    public Scheduler timer() {
        return timer;
    }

    public long nowMillis() {
        return timer.now(TimeUnit.MILLISECONDS);
    }

    /** A server said, on a way other than its own changes, that a list is another one. */
    public void signal(String server, String method) {
        Refresher refresher = servers.refresher(server);
        if (refresher != null) {
            refresher.signal(method);
        }
    }

    public ChangeFeed changes() {
        return changes;
    }

    private void refreshed(Refresher refresher, Set<String> changed) {
        synchronized (this) {
            Servers now = servers;
            if (now.refresher(refresher.upstream().name()) != refresher) {
                return;
            }
            now.merge();
            // All of them: what one server offers now may hide what another one has.
            now.refreshers().forEach(this::report);
            awaited.remove(refresher);
            if (awaited.isEmpty()) {
                settle();
            }
        }
        changes.changed(refresher.upstream().name(), changed);
    }

    private void settle() {
        isSettled = true;
        firstRoundEnd.dispose();
        firstRound.emitEmpty((signal, result) -> false);
    }

    /** Counts and logs what was not dropped before, so that a bad tool is one line and not one a minute. */
    private void report(Refresher refresher) {
        String server = refresher.upstream().name();
        Set<Dropped> now = new LinkedHashSet<>(dropped(refresher, servers.catalog()));
        Set<Dropped> fresh = new LinkedHashSet<>(now);
        Set<Dropped> before = reported.put(server, now);
        if (before != null) {
            fresh.removeAll(before);
        }
        for (Dropped item : fresh) {
            meters.counter(MeterNames.CATALOG_DROPPED, "upstream", server, "reason", item.reason())
                    .increment();
        }
        if (!fresh.isEmpty()) {
            Dropped first = fresh.iterator().next();
            log.warn(
                    "upstream {}: {} more items are not shown to clients, the first: {} \"{}\" ({})",
                    server,
                    fresh.size(),
                    first.kind(),
                    first.name(),
                    first.reason());
        }
    }

    private static List<Dropped> dropped(Refresher refresher, Catalog catalog) {
        List<Dropped> all = new ArrayList<>();
        Offer offer = refresher.snapshot().offer();
        if (offer != null) {
            all.addAll(offer.dropped());
        }
        all.addAll(catalog.collisions(refresher.upstream().name()));
        return all;
    }

    private CatalogState state(Refresher refresher, Catalog now) {
        String server = refresher.upstream().name();
        ServerSnapshot snapshot = refresher.snapshot();
        List<Dropped> dropped = dropped(refresher, now);
        return new CatalogState(
                server,
                refresher.namespace().prefix(),
                count(server, ItemKind.TOOL),
                count(server, ItemKind.PROMPT),
                count(server, ItemKind.RESOURCE),
                count(server, ItemKind.TEMPLATE),
                refresher.lastRefresh(),
                snapshot.isStale(),
                refresher.lastError(),
                refresher.pastError(),
                List.copyOf(dropped.subList(0, Math.min(dropped.size(), MOST_DROPPED_SHOWN))),
                dropped.size());
    }

    private synchronized void countItems(Refresher refresher) {
        String server = refresher.upstream().name();
        List<Gauge> ofServer = new ArrayList<>();
        for (ItemKind kind : ItemKind.values()) {
            ofServer.add(Gauge.builder(MeterNames.CATALOG_ITEMS, this, keeper -> keeper.count(server, kind))
                    .tag("upstream", server)
                    .tag("kind", kind.label())
                    .register(meters));
        }
        gauges.put(server, ofServer);
    }

    private int count(String server, ItemKind kind) {
        View view = servers.catalog().view(server);
        return view == null ? 0 : view.items(kind).size();
    }
}
