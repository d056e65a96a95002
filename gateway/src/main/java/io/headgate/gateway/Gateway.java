package io.headgate.gateway;

import io.headgate.filter.Events;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Handler;
import io.headgate.filter.LiveGauges;
import io.headgate.filter.Secrets;
import io.headgate.gateway.admin.AdminServer;
import io.headgate.gateway.admin.StateReport;
import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.config.SealKeyConfig;
import io.headgate.gateway.dialect.Dialects;
import io.headgate.gateway.generation.Exports;
import io.headgate.gateway.generation.GenerationParts;
import io.headgate.gateway.generation.Generations;
import io.headgate.gateway.generation.PolicyFile;
import io.headgate.gateway.http.DoorConfig;
import io.headgate.gateway.http.HttpDoor;
import io.headgate.gateway.http.HttpLoops;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.route.PageSize;
import io.headgate.gateway.route.RequestStates;
import io.headgate.gateway.route.Router;
import io.headgate.gateway.route.catalog.CatalogKeeper;
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
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A running gateway: everything that a file describes, put together in the order of a call. */
public final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final Duration LAST_CLOSES = Duration.ofSeconds(5);
    private static final long SWEEP_SECONDS = 5;
    private static final int POLICY_TASKS = 1_000;
    private static final int POLICY_THREAD_SECONDS = 60;
    private static final long DRAIN_LOOK_MILLIS = 100;

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
    private final Generations generations;
    private final Scheduler timer;
    private boolean isStopped;

    /** Puts together what lives as long as the process, around the first generation. */
    private Gateway(Config config, @Nullable Supplier<Config> again, InstantSource clock) {
        this.clock = clock;
        try {
            PrometheusMeterRegistry meters = Telemetry.registry(Version.current());
            undo.push(meters::close);
            memory = MemoryBudget.of(config.memory(), meters);
            HttpLoops loops = HttpLoops.create(config.http().transport());
            undo.push(() -> quietly(loops.disposeLater(Duration.ZERO, LAST_CLOSES)));
            timer = new EventLoopScheduler(loops.group());
            LiveGauges gauges = new LiveGauges(meters);
            Function<UpstreamConfig, Upstream> upstreams =
                    server -> HttpUpstream.create(server, loops, meters, gauges, clock, memory);
            CatalogKeeper keeper = keeper(meters);
            Seal seal = new Seal(sealKeys(config), clock);
            router = new Router(keeper, seal, pageSize(config), timer, Version.current(), meters);
            sessions = new Sessions(config.sessions(), meters, memory);
            undo.push(sessions::close);
            var sweeping = timer.schedulePeriodically(sessions::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
            undo.push(sweeping::dispose);
            parking = new Parking(config.parking(), new RequestStates(seal, meters), timer, meters, memory);
            undo.push(parking::close);
            Rounds rounds = new Rounds(keeper::relearn, config.sessions(), meters, timer);
            Scheduler policy = Schedulers.newBoundedElastic(
                    1, POLICY_TASKS, "headgate-policy", POLICY_THREAD_SECONDS, /* daemon= */ true);
            undo.push(policy::dispose);
            Secrets secrets = new Secrets();
            generations = new Generations(
                    new GenerationParts(
                            upstreams,
                            keeper,
                            new FilterContext(
                                    "",
                                    meters,
                                    gauges,
                                    clock,
                                    timer,
                                    config.data(),
                                    events,
                                    secrets,
                                    /* former= */ null),
                            secrets,
                            behindTheChain(rounds),
                            next -> settings(next, seal, rounds),
                            router::follow,
                            new Exports(meters, clock),
                            policy,
                            meters),
                    config);
            undo.push(generations::close);
            Dialects dialects = new Dialects(
                    generations, generations::refuses, generations::knows, generations, sessions, meters, events);
            door = HttpDoor.start(doorConfig(config), dialects, meters, loops, events, memory);
            undo.push(() -> quietly(door.drain(Duration.ZERO)));
            PolicyFile policyFile =
                    again == null ? null : new PolicyFile(again, generations, policy, events, clock, meters);
            if (policyFile != null) {
                undo.push(policyFile::dispose);
                Disposable signal = Hangup.handle(() -> {
                    var unused = policyFile.reload("SIGHUP").subscribe();
                });
                undo.push(signal::dispose);
            }
            report = new StateReport(
                    Version.current(),
                    text(door.address()),
                    clock,
                    generations,
                    keeper,
                    policyFile,
                    sessions,
                    door::connections,
                    memory);
            admin = AdminServer.start(config.admin(), report, policyFile, meters);
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

    /**
     * Reads a file, and listens when it returns, whether or not the servers answer; follows the file from then on. Throws what says
     * line by line what is wrong.
     */
    public static Gateway start(Path file) {
        return start(ConfigFile.read(file), () -> ConfigFile.read(file));
    }

    /** The same with a file that was just read, and how it is read again. */
    static Gateway start(Config config, Supplier<Config> again) {
        return new Gateway(config, again, InstantSource.system());
    }

    /** Without a file to follow: what is described now holds until the stop. */
    public static Gateway start(Config config) {
        return start(config, InstantSource.system());
    }

    /** The same with a wall clock of one's own. */
    public static Gateway start(Config config, InstantSource clock) {
        return new Gateway(config, null, clock);
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
        Duration grace = generations.present().config().shutdown().grace();
        LOG.info("Stopping; calls have {} s to finish", grace.toSeconds());
        Mono<Void> drained = door.drain(grace).cache();
        var draining = drained.subscribe();
        router.drain();
        parking.close();
        var ending = timer.schedulePeriodically(sessions::drain, 0, DRAIN_LOOK_MILLIS, TimeUnit.MILLISECONDS);
        drained.timeout(grace.plus(LAST_CLOSES)).onErrorComplete().block();
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

    /** The way of a call from the chain of its generation to its server. The chain comes first: it tells who calls. */
    private Handler behindTheChain(Rounds rounds) {
        // Only its owner uses a session, and who the caller is is known behind the chain.
        return sessions.guard(
                // Each round of a parked call is one whole pass of the chain, so no filter waits for a person.
                parking.before(
                        // A client that answers in the middle of a call is asked within one pass.
                        rounds.before(
                                // The router hands the call to the server that its route names.
                                router)));
    }

    /** Takes over what a file says of the parts that are no generation's; the rest of it needs a restart. */
    private void settings(Config config, Seal seal, Rounds rounds) {
        sessions.settings(config.sessions());
        rounds.settings(config.sessions());
        parking.settings(config.parking());
        router.pageSize(pageSize(config));
        door.allow(
                Set.copyOf(config.http().allowedHosts()),
                Set.copyOf(config.http().allowedOrigins()));
        // Without keys there is a random one, and it stays, because clients hold what it sealed.
        if (!config.seal().keys().isEmpty()) {
            seal.keys(sealKeys(config));
        }
    }

    private CatalogKeeper keeper(PrometheusMeterRegistry meters) {
        Scheduler thread = Schedulers.newSingle("headgate-catalog", /* daemon= */ true);
        undo.push(thread::dispose);
        CatalogKeeper keeper = new CatalogKeeper(meters, thread, clock, events);
        undo.push(keeper::close);
        return keeper;
    }

    private static PageSize pageSize(Config config) {
        return new PageSize(config.catalog().pageSize(), PageSize.DEFAULT.bytes());
    }

    private static DoorConfig doorConfig(Config config) {
        Address listen = config.listen();
        return new DoorConfig(
                listen.host().isEmpty() ? "0.0.0.0" : listen.host(),
                listen.port(),
                config.tls(),
                Set.copyOf(config.http().allowedHosts()),
                Set.copyOf(config.http().allowedOrigins()),
                config.http().limits());
    }

    private static List<SealKey> sealKeys(Config config) {
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
