package io.headgate.gateway.fuzz;

import io.headgate.filter.Events;
import io.headgate.filter.Filter;
import io.headgate.filter.Handler;
import io.headgate.gateway.dialect.Dialects;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.route.PageSize;
import io.headgate.gateway.route.RequestStates;
import io.headgate.gateway.route.Router;
import io.headgate.gateway.route.catalog.CatalogKeeper;
import io.headgate.gateway.route.catalog.Source;
import io.headgate.gateway.seal.Seal;
import io.headgate.gateway.seal.SealKey;
import io.headgate.gateway.session.Parking;
import io.headgate.gateway.session.ParkingConfig;
import io.headgate.gateway.session.Rounds;
import io.headgate.gateway.session.SessionConfig;
import io.headgate.gateway.session.Sessions;
import io.headgate.gateway.upstream.Upstream;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A gateway between its door and its servers, without sockets and threads, whose time stands still. */
public final class InnerGateway {
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final Dialects dialects;
    private final Sessions sessions;
    private final Parking parking;
    private final CatalogKeeper keeper;

    /**
     * @param servers with the prefix {@code NAME__} each
     * @param filter the only one of the chain
     */
    public InnerGateway(List<Upstream> servers, Filter filter, MeterRegistry meters, MemoryBudget memory) {
        Events events = new Events();
        List<Source> sources = servers.stream()
                .map(server -> new Source(server, server.name() + "__"))
                .toList();
        keeper = new CatalogKeeper(meters, time, this::now, events);
        keeper.begin(keeper.with(sources));
        Seal seal = new Seal(List.of(SealKey.random()), this::now);
        Router router = new Router(keeper, seal, PageSize.DEFAULT, time, "0", meters);
        sessions = new Sessions(SessionConfig.DEFAULT, meters, memory);
        parking = new Parking(ParkingConfig.DEFAULT, new RequestStates(seal, meters), time, meters, memory);
        Rounds rounds = new Rounds(keeper::relearn, SessionConfig.DEFAULT, meters, time);
        Handler end = sessions.guard(parking.before(rounds.before(router)));
        dialects = new Dialects(
                exchange -> filter.filter(exchange, end),
                head -> null,
                server -> keeper.servers().knows(server),
                keeper,
                sessions,
                meters,
                events);
        keeper.start();
        pass(Duration.ofSeconds(5));
    }

    public Dialects dialects() {
        return dialects;
    }

    /** Lets time pass: what waits that long ends. */
    public void pass(Duration duration) {
        time.advanceTimeBy(duration);
    }

    /** Ends all that is kept. */
    public void close() {
        parking.close();
        sessions.close();
        keeper.close();
        time.dispose();
    }

    private Instant now() {
        return Instant.EPOCH.plusMillis(time.now(TimeUnit.MILLISECONDS));
    }
}
