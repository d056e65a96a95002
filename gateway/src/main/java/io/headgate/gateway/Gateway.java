package io.headgate.gateway;

import io.headgate.filter.Events;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Handler;
import io.headgate.filter.Secret;
import io.headgate.filter.Secrets;
import io.headgate.filter.audit.AuditConfig;
import io.headgate.filter.audit.AuditFilter;
import io.headgate.filter.audit.ExportFeed;
import io.headgate.gateway.admin.AdminServer;
import io.headgate.gateway.admin.StateReport;
import io.headgate.gateway.audit.AuditExporter;
import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.SealKeyConfig;
import io.headgate.gateway.dialect.Dialects;
import io.headgate.gateway.http.DoorConfig;
import io.headgate.gateway.http.HttpDoor;
import io.headgate.gateway.http.HttpLoops;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.policy.Chain;
import io.headgate.gateway.policy.ConfiguredFilter;
import io.headgate.gateway.route.PageSize;
import io.headgate.gateway.route.RequestStates;
import io.headgate.gateway.route.Router;
import io.headgate.gateway.route.catalog.CatalogKeeper;
import io.headgate.gateway.route.catalog.Source;
import io.headgate.gateway.seal.Seal;
import io.headgate.gateway.seal.SealKey;
import io.headgate.gateway.session.Parking;
import io.headgate.gateway.session.Rounds;
import io.headgate.gateway.session.Sessions;
import io.headgate.gateway.telemetry.EventLoopScheduler;
import io.headgate.gateway.telemetry.Telemetry;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.era.HttpUpstream;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A running gateway: everything that a file describes, put together in the order of a call. */
public final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final Duration LAST_CLOSES = Duration.ofSeconds(5);
    private static final long SWEEP_SECONDS = 5;
    private static final long DRAIN_LOOK_MILLIS = 100;

    private final Config config;
    private final MemoryBudget memory;
    private final InstantSource clock;

    private final Events events = new Events();
    /** What to undo, the newest first. */
    private final Deque<Runnable> undo = new ArrayDeque<>();

    private final HttpDoor door;
    private final AdminServer admin;
    private final StateReport report;
    private final Router router;
    private final Parking parking;
    private final Sessions sessions;
    private final Scheduler timer;
    private boolean isStopped;

    private Gateway(Config config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        try {
            PrometheusMeterRegistry meters = Telemetry.registry(Version.current());
            undo.push(meters::close);
            memory = MemoryBudget.of(config.memory(), meters);
            HttpLoops loops = HttpLoops.create(config.http().transport());
            undo.push(() -> quietly(loops.disposeLater(Duration.ZERO, LAST_CLOSES)));
            timer = new EventLoopScheduler(loops.group());
            Map<String, Upstream> upstreams = upstreams(loops, meters);
            CatalogKeeper keeper = keeper(upstreams, meters);
            Seal seal = new Seal(sealKeys(), clock);
            router = new Router(
                    keeper,
                    name -> Objects.requireNonNull(upstreams.get(name)),
                    seal,
                    new PageSize(config.catalog().pageSize(), PageSize.DEFAULT.bytes()),
                    timer,
                    Version.current(),
                    meters);
            sessions = new Sessions(config.sessions(), meters, memory);
            undo.push(sessions::close);
            var sweeping = timer.schedulePeriodically(sessions::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
            undo.push(sweeping::dispose);
            parking = new Parking(config.parking(), new RequestStates(seal, meters), timer, meters, memory);
            undo.push(parking::close);
            Rounds rounds = new Rounds(keeper::relearn, config.sessions(), meters, timer);
            Chain chain = new Chain(
                    config.filters(),
                    new FilterContext("", meters, clock, timer, config.data(), events, new Secrets(secrets(config))));
            AuditFilter audit = chain.find(AuditFilter.class);
            ExportFeed export = audit == null ? null : audit.export();
            if (export != null) {
                // Stops behind the chain, whose last records are still to go.
                AuditExporter exporter = AuditExporter.start(export, meters, clock);
                undo.push(() -> quietly(exporter.stop()));
            }
            undo.push(chain::close);
            Dialects dialects = new Dialects(
                    inOrder(chain, rounds), chain::refuses, keeper::knows, keeper, sessions, meters, events);
            door = HttpDoor.start(doorConfig(), dialects, meters, loops, events, memory);
            undo.push(() -> quietly(door.drain(Duration.ZERO)));
            report = new StateReport(
                    config,
                    Version.current(),
                    text(door.address()),
                    clock,
                    upstreams,
                    keeper,
                    chain,
                    sessions,
                    door::connections,
                    memory);
            admin = AdminServer.start(config.admin(), report, meters);
            undo.push(() -> quietly(admin.stop()));
            events.post("sys_startup", Map.of("version", Version.current()));
            events.post("sys_config_applied", Map.of("sha256", config.digest()));
            ClockWatch watch = new ClockWatch(clock, System::nanoTime, meters, events);
            var watching = timer.schedulePeriodically(watch::look, 1, 1, TimeUnit.SECONDS);
            undo.push(watching::dispose);
            keeper.start();
        } catch (RuntimeException notStarted) {
            undoAll();
            throw notStarted;
        }
    }

    /** Listens when it returns, whether or not the servers answer; throws what says on one line why it cannot. */
    public static Gateway start(Config config) {
        return start(config, InstantSource.system());
    }

    /** The same with a wall clock of one's own. */
    public static Gateway start(Config config, InstantSource clock) {
        return new Gateway(config, clock);
    }

    public InetSocketAddress address() {
        return door.address();
    }

    public InetSocketAddress adminAddress() {
        return admin.address();
    }

    /** True once at least one server's lists are known. */
    public boolean isReady() {
        return report.isReady();
    }

    /** Accepts no more, ends the listen streams with their result, gives up parked calls, lets the others finish for a while, and frees all. */
    public synchronized void stop() {
        if (isStopped) {
            return;
        }
        isStopped = true;
        report.draining();
        LOG.info(
                "Stopping; calls have {} s to finish", config.shutdown().grace().toSeconds());
        Mono<Void> drained = door.drain(config.shutdown().grace()).cache();
        var draining = drained.subscribe();
        router.drain();
        parking.close();
        var ending = timer.schedulePeriodically(sessions::drain, 0, DRAIN_LOOK_MILLIS, TimeUnit.MILLISECONDS);
        drained.timeout(config.shutdown().grace().plus(LAST_CLOSES))
                .onErrorComplete()
                .block();
        draining.dispose();
        ending.dispose();
        events.post("sys_shutdown", Map.of());
        undoAll();
        LOG.info("Stopped");
    }

    @Override
    public void close() {
        stop();
    }

    /** The way of a call from the front door to its server. */
    private Handler inOrder(Chain chain, Rounds rounds) {
        // The file's filters come first: they tell who calls, and what is refused there costs nothing further down.
        return chain.before(
                // Only its owner uses a session, and who the caller is is known behind the chain.
                sessions.guard(
                        // Each round of a parked call is one whole pass of the chain, so no filter waits for a person.
                        parking.before(
                                // A client that answers in the middle of a call is asked within one pass.
                                rounds.before(
                                        // The router hands the call to the server that its route names.
                                        router))));
    }

    private Map<String, Upstream> upstreams(HttpLoops loops, MeterRegistry meters) {
        Map<String, Upstream> upstreams = new LinkedHashMap<>();
        undo.push(() -> quietly(
                Flux.fromIterable(upstreams.values()).flatMap(Upstream::close).then()));
        for (UpstreamConfig server : config.servers()) {
            upstreams.put(server.name(), HttpUpstream.create(server, loops, meters, clock, memory));
        }
        return upstreams;
    }

    private CatalogKeeper keeper(Map<String, Upstream> upstreams, MeterRegistry meters) {
        List<Source> sources = config.servers().stream()
                .map(server -> new Source(Objects.requireNonNull(upstreams.get(server.name())), server.prefix()))
                .toList();
        Scheduler timer = Schedulers.newSingle("headgate-catalog", /* daemon= */ true);
        undo.push(timer::dispose);
        CatalogKeeper keeper = new CatalogKeeper(sources, meters, timer, clock, events);
        undo.push(keeper::close);
        return keeper;
    }

    private DoorConfig doorConfig() {
        Address listen = config.listen();
        return new DoorConfig(
                listen.host().isEmpty() ? "0.0.0.0" : listen.host(),
                listen.port(),
                config.tls(),
                Set.copyOf(config.http().allowedHosts()),
                Set.copyOf(config.http().allowedOrigins()),
                config.http().limits());
    }

    /** What is sent to servers, and with exported records, in the gateway's own name. */
    private static List<Secret> secrets(Config config) {
        Stream<Secret> ofServers = config.servers().stream()
                .flatMap(server -> server.headers().values().stream())
                .map(Secret::new);
        Stream<Secret> ofExport = config.filters().stream()
                .map(ConfiguredFilter::config)
                .flatMap(filter -> filter instanceof AuditConfig audit && audit.export() != null
                        ? audit.export().headers().values().stream()
                        : Stream.empty());
        return Stream.concat(ofServers, ofExport).toList();
    }

    private List<SealKey> sealKeys() {
        List<SealKeyConfig> keys = config.seal().keys();
        return keys.isEmpty()
                ? List.of(SealKey.random())
                : keys.stream().map(key -> SealKey.of(key.id(), key.bytes())).toList();
    }

    private void undoAll() {
        while (!undo.isEmpty()) {
            try {
                undo.pop().run();
            } catch (RuntimeException e) {
                LOG.warn("A part of the gateway did not stop: {}", String.valueOf(e.getMessage()));
            }
        }
    }

    /** Waits for the end of something, well or not, but not for ever. */
    private static void quietly(Mono<Void> closing) {
        closing.timeout(LAST_CLOSES).onErrorComplete().block();
    }

    static String text(InetSocketAddress address) {
        return new Address(address.getAddress().getHostAddress(), address.getPort()).toString();
    }
}
