package io.headgate.gateway.route.catalog;

import io.headgate.filter.Events;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.Upstream;
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
 * Owns the catalogue: has every server's lists read and read again, merges them, and tells listeners what changed.
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

    private final List<Refresher> refreshers = new ArrayList<>();
    private final Map<String, Refresher> byServer = new HashMap<>();
    private final Map<String, Set<Dropped>> reported = new HashMap<>();
    private final Set<Refresher> awaited = new HashSet<>();
    private final Sinks.Empty<Void> firstRound = Sinks.empty();
    private final Disposable.Swap firstRoundEnd = Disposables.swap();
    private final MeterRegistry meters;
    private final Scheduler timer;
    private final ChangeFeed changes;
    private volatile Catalog catalog;
    private final AtomicInteger looking = new AtomicInteger();
    private volatile boolean isSettled;

    /**
     * Takes the servers in the order of the file.
     *
     * @param timer a scheduler of its own: lists are checked and merged there
     * @param events told of servers that go and come back, and of tools that are not what they were
     */
    public CatalogKeeper(
            List<Source> sources, MeterRegistry meters, Scheduler timer, InstantSource clock, Events events) {
        this.meters = meters;
        this.timer = timer;
        this.changes = new ChangeFeed(timer);
        List<Namespace> fleet = sources.stream()
                .map(source -> new Namespace(source.upstream().name(), source.prefix()))
                .toList();
        for (Source source : sources) {
            Refresher refresher = new Refresher(source, fleet, meters, timer, clock, events, this::refreshed);
            if (byServer.put(source.upstream().name(), refresher) != null) {
                throw new IllegalArgumentException(
                        "server: " + source.upstream().name() + " (expected: only once)");
            }
            refreshers.add(refresher);
        }
        awaited.addAll(refreshers);
        isSettled = sources.isEmpty();
        catalog = merge();
        refreshers.forEach(this::countItems);
    }

    /** Begins the first round; returns at once. */
    public void start() {
        firstRoundEnd.update(timer.schedule(this::settle, FIRST_ROUND_MILLIS, TimeUnit.MILLISECONDS));
        refreshers.forEach(Refresher::start);
    }

    public void close() {
        refreshers.forEach(Refresher::close);
        firstRoundEnd.dispose();
        changes.close();
        settle();
    }

    /** True if the file has a server of this name, or if it is empty and means the fleet. */
    public boolean knows(String server) {
        return server.isEmpty() || byServer.containsKey(server);
    }

    @Override
    public Resolved resolve(Target target, boolean hasSession) {
        return Resolved.in(catalog.view(target.server(), hasSession), target);
    }

    /**
     * Reads the lists of the server at the end of an exchange's route again, once for all who ask at the same time, and gives
     * the exchange with its route in what is known then; fails if the server's rules do not know fields that repeat arguments.
     */
    public Mono<Exchange> relearn(Exchange exchange) {
        // Of a tool that appeared late, its own route knows nothing.
        Refresher refresher = byServer.get(again(exchange).route().server());
        return refresher == null || !refresher.upstream().state().takesListenRequests()
                ? Mono.error(new Refusal(Refusal.Reason.UPSTREAM_PROTOCOL, "not a server with such fields"))
                : refresher.again().timeout(LONGEST_RELEARNING, timer).then(Mono.fromCallable(() -> again(exchange)));
    }

    /** The exchange with its route in what is known now, for what was unknown or wrong when it came. */
    public Exchange again(Exchange exchange) {
        return exchange.withRoute(resolve(exchange.target(), exchange.session() != null));
    }

    /**
     * Reads the lists of servers again, once for all who ask at the same time, and completes when that is over, well or not;
     * after five seconds at the latest, and at once while a thousand wait.
     */
    public Mono<Void> look(List<String> servers) {
        return Mono.defer(() -> {
            if (looking.incrementAndGet() > MOST_LOOKING) {
                looking.decrementAndGet();
                return Mono.empty();
            }
            List<Mono<Void>> attempts = new ArrayList<>();
            for (String server : servers) {
                Refresher refresher = byServer.get(server);
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
        Catalog now = catalog;
        return refreshers.stream().map(refresher -> state(refresher, now)).toList();
    }

    /** True once the first round is over, well or not: what is not in the catalogue then is not known to be anywhere. */
    public boolean isSettled() {
        return isSettled;
    }

    /** True once calls find what at least one server has: lists that were read count when they are in the catalogue. */
    public boolean knowsLists() {
        return catalog.knowsLists();
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

    @Nullable
    public Upstream upstream(String server) {
        Refresher refresher = byServer.get(server);
        return refresher == null ? null : refresher.upstream();
    }

    /** The upstreams that clients of an endpoint reach, in the order of the file. */
    public List<Upstream> upstreams(String scope) {
        return refreshers.stream()
                .map(Refresher::upstream)
                .filter(upstream -> scope.isEmpty() || upstream.name().equals(scope))
                .toList();
    }

    /** A server said, on a way other than its own changes, that a list is another one. */
    public void signal(String server, String method) {
        Refresher refresher = byServer.get(server);
        if (refresher != null) {
            refresher.signal(method);
        }
    }

    public ChangeFeed changes() {
        return changes;
    }

    private void refreshed(Refresher refresher, Set<String> changed) {
        synchronized (this) {
            catalog = merge();
            // All of them: what one server offers now may hide what another one has.
            refreshers.forEach(this::report);
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

    private Catalog merge() {
        return new Catalog(refreshers.stream().map(Refresher::snapshot).toList());
    }

    /** Counts and logs what was not dropped before, so that a bad tool is one line and not one a minute. */
    private void report(Refresher refresher) {
        String server = refresher.upstream().name();
        Set<Dropped> now = new LinkedHashSet<>(dropped(refresher, catalog));
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

    private void countItems(Refresher refresher) {
        String server = refresher.upstream().name();
        for (ItemKind kind : ItemKind.values()) {
            Gauge.builder(MeterNames.CATALOG_ITEMS, this, keeper -> keeper.count(server, kind))
                    .tag("upstream", server)
                    .tag("kind", kind.label())
                    .register(meters);
        }
    }

    private int count(String server, ItemKind kind) {
        View view = catalog.view(server);
        return view == null ? 0 : view.items(kind).size();
    }
}
