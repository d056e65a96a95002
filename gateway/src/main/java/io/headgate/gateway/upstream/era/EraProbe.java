package io.headgate.gateway.upstream.era;

import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.BackDialect;
import io.headgate.gateway.upstream.EraChoice;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.gateway.upstream.UpstreamState.EraState;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.era.KnownEras.Verdict;
import io.headgate.gateway.upstream.legacy.InitializeProbe;
import io.headgate.gateway.upstream.legacy.LegacyBack;
import io.headgate.gateway.upstream.modern.DiscoverProbe;
import io.headgate.gateway.upstream.modern.ModernBack;
import io.headgate.gateway.upstream.net.HttpClient;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * Finds out which eras a server speaks, and remembers each with its date.
 *
 * <p>The newer era is asked for first, and whoever needs no other does not wait for the rest. Only an answer about the
 * protocol decides; a server that is down, overloaded or wants credentials keeps what it had, and one that seems to speak
 * neither era, too.
 */
final class EraProbe {
    private static final Logger log = LoggerFactory.getLogger(EraProbe.class);

    private final String name;
    private final InstantSource clock;
    private final UpstreamTransport transport;
    private final boolean asksModern;
    private final boolean asksLegacy;
    private final ModernBack modern;
    private final LegacyBack legacy;
    private final LegacyBack sse;
    private final DiscoverProbe discover;
    private final InitializeProbe initialize;
    private final AtomicReference<@Nullable Flight> flight = new AtomicReference<>();
    private final Sinks.Many<Switch> switches = Sinks.many().multicast().directBestEffort();
    private final AskingAgain again = new AskingAgain(this::ask, Schedulers.parallel());
    private volatile KnownEras known = KnownEras.NOTHING;
    private volatile boolean closed;

    /** One turn of questions: the answer for the newer era, and the end of all. */
    private record Flight(Mono<KnownEras> first, Mono<KnownEras> whole) {}

    /** Whose exchanges are spoken in another era than before. */
    private record Switch(boolean ofSessions, boolean ofOthers) {}

    EraProbe(UpstreamConfig config, HttpClient client, InstantSource clock) {
        this.name = config.name();
        this.clock = clock;
        this.transport = config.transport();
        this.asksModern = config.era() != EraChoice.LEGACY && transport == UpstreamTransport.HTTP;
        this.asksLegacy = config.era() != EraChoice.MODERN;
        this.modern = new ModernBack(config.name(), config.limits(), client, this::doubt);
        this.legacy = new LegacyBack(config, client, UpstreamTransport.HTTP, this::doubt);
        this.sse = new LegacyBack(config, client, UpstreamTransport.SSE, this::doubt);
        this.discover = new DiscoverProbe(config, client, modern);
        this.initialize = new InitializeProbe(config, client, legacy, sse);
    }

    KnownEras known() {
        return known;
    }

    /** The dialect for clients with a session or for the others, or null while it is unknown. */
    @Nullable
    BackDialect known(boolean hasSession) {
        return known.choice(hasSession);
    }

    /** The dialect in which the gateway itself asks. */
    Mono<BackDialect> find() {
        return find(/* hasSession= */ false);
    }

    /** The dialect, found if need be; all who wait for it wait for one turn of questions, and for no more than they need. */
    Mono<BackDialect> find(boolean hasSession) {
        BackDialect dialect = known(hasSession);
        return dialect != null ? Mono.just(dialect) : Mono.defer(() -> findByAsking(hasSession));
    }

    private Mono<BackDialect> findByAsking(boolean hasSession) {
        Flight current = flight();
        return hasSession
                ? current.whole.map(all -> Objects.requireNonNull(all.forSessions()))
                : current.first.flatMap(soFar -> {
                    BackDialect dialect = soFar.forOthers();
                    return dialect != null
                            ? Mono.just(dialect)
                            : current.whole.map(all -> Objects.requireNonNull(all.forOthers()));
                });
    }

    /** Asks once more, and ends when the newer era is answered for. */
    Mono<Void> refresh() {
        return Mono.defer(() -> flight().first.then());
    }

    /** Ends when both eras have been asked for, well or not. */
    Mono<Void> settled() {
        return Mono.defer(
                () -> known.isSettled() ? Mono.empty() : flight().whole.then());
    }

    /** Emits when exchanges with a session, or the others, are to be spoken in another era than before. */
    Flux<Boolean> switches(boolean hasSession) {
        return switches.asFlux()
                .filter(change -> hasSession ? change.ofSessions : change.ofOthers)
                .map(change -> hasSession);
    }

    /** What is heard of changes by a dialect, and by the sessions beside it. */
    Flux<String> changes(BackDialect by) {
        return by == modern ? modern.changes().mergeWith(legacy.changes()) : by.changes();
    }

    /** What the server offers to clients with a session, where it is asked in the other era; empty where it is not. */
    Mono<Listing> listForSessions() {
        return Mono.defer(() -> {
            KnownEras now = known;
            return now.speaksModern() && now.forSessions() == legacy ? legacy.listBriefly() : Mono.empty();
        });
    }

    /** Asks again in the background, for an answer did not fit the era. */
    void doubt() {
        if (flight.get() == null && again.doubts()) {
            ask();
        }
    }

    private void ask() {
        if (!closed) {
            var unused = flight();
        }
    }

    Mono<Void> endSessions() {
        return Mono.whenDelayError(legacy.close(), sse.close());
    }

    void close() {
        closed = true;
        again.close();
        synchronized (switches) {
            switches.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }

    /** The questions that are on their way, or new ones. */
    private Flight flight() {
        while (true) {
            Flight current = flight.get();
            if (current != null) {
                return current;
            }
            Flight mine = prepare();
            if (flight.compareAndSet(null, mine)) {
                mine.whole.subscribe(new Unheeded());
                return mine;
            }
        }
    }

    private Flight prepare() {
        KnownEras before = known;
        Mono<DiscoverProbe.Found> answer =
                (asksModern ? discover.ask() : Mono.just(DiscoverProbe.Found.NOT_ASKED)).cache();
        Mono<KnownEras> first =
                answer.map(this::discovered).onErrorMap(initialize::nothingSent).cache();
        Mono<KnownEras> whole = first.then(answer)
                .flatMap(this::askLegacy)
                .onErrorMap(initialize::nothingSent)
                // Before they are told: who fails and asks again gets new questions, and not the failure of these.
                .doOnTerminate(() -> flight.set(null))
                .doFinally(end -> again.answered(before, known, end == SignalType.ON_COMPLETE))
                .cache();
        return new Flight(first, whole);
    }

    private KnownEras discovered(DiscoverProbe.Found found) {
        if (found.isSpoken()) {
            KnownEras now = known;
            update(verdict(Era.MODERN, modern, true).or(now.modern()), now.legacy());
        }
        return known;
    }

    private Mono<KnownEras> askLegacy(DiscoverProbe.Found found) {
        if (found.isSpoken()) {
            return asksLegacy ? initialize.beside().map(this::greeted) : Mono.just(known);
        }
        if (!asksLegacy) {
            return Mono.error(new Refusal(
                    Reason.UPSTREAM_PROTOCOL,
                    "the upstream does not speak 2026-07-28, and its entry in the file says era: modern"));
        }
        Mono<BackDialect> older = transport == UpstreamTransport.SSE
                ? initialize.stream()
                : initialize.alone(found.takesNoPosts() || !asksModern);
        return older.map(this::foundAlone);
    }

    /** The server speaks the newer era, and was asked for the older one, too. */
    private KnownEras greeted(InitializeProbe.Answer answer) {
        KnownEras now = known;
        Verdict before = now.legacy();
        boolean hadAnswered = before != null && before.isAnswered();
        Verdict after = switch (answer) {
            case YES -> verdict(Era.LEGACY, legacy, true).or(before);
            case NO -> verdict(Era.LEGACY, null, true).or(before);
            case NONE -> hadAnswered ? before : verdict(Era.LEGACY, null, false).or(before);
        };
        update(now.modern(), after);
        // The gateway itself asks in the newer era from now on.
        legacy.leaveOwn();
        sse.leaveOwn();
        return known;
    }

    /** The server speaks the older era, and no other. */
    private KnownEras foundAlone(BackDialect dialect) {
        KnownEras now = known;
        update(
                asksModern ? verdict(Era.MODERN, null, true).or(now.modern()) : null,
                verdict(Era.LEGACY, dialect, true).or(now.legacy()));
        return known;
    }

    private Verdict verdict(Era era, @Nullable BackDialect dialect, boolean isAnswered) {
        return new Verdict(era, dialect, isAnswered, clock.instant());
    }

    private void update(@Nullable Verdict newer, @Nullable Verdict older) {
        KnownEras before = known;
        KnownEras after = KnownEras.of(newer, older, asksModern, asksLegacy);
        known = after;
        if (!after.equals(before)) {
            log.info("upstream {} speaks {}", name, spoken(after));
        }
        Switch change = new Switch(
                isOther(before.forSessions(), after.forSessions()), isOther(before.forOthers(), after.forOthers()));
        if (!closed && (change.ofSessions || change.ofOthers)) {
            synchronized (switches) {
                switches.emitNext(change, Sinks.EmitFailureHandler.FAIL_FAST);
            }
        }
    }

    private static String spoken(KnownEras eras) {
        return eras.states().stream()
                .filter(EraState::isSpoken)
                .map(EraState::version)
                .collect(Collectors.joining(" and "));
    }

    private static boolean isOther(@Nullable BackDialect before, @Nullable BackDialect after) {
        return before != null && before != after;
    }
}
