package io.headgate.gateway.upstream;

import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.KnownEras.Verdict;
import io.headgate.gateway.upstream.UpstreamState.Era;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.Sinks;

/**
 * Finds out which eras a server speaks, and remembers each with its date.
 *
 * <p>The newer era is asked for first, and whoever needs no other does not wait for the rest. Only an answer about the
 * protocol decides; a server that is down, overloaded or wants credentials keeps what it had, and one that seems to speak
 * neither era, too. An era that is spoken fails loudly when it no longer is; one that is not would be missed silently for
 * ever, so it is asked for again after a day, or sooner where the server did not answer or had spoken it before.
 */
final class EraProbe {
    private static final Duration LATER = Duration.ofHours(24);
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final long FIRST_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long LONGEST_PAUSE_NANOS = Duration.ofSeconds(10).toNanos();

    private final HttpClient client;
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
    private final AtomicReference<@Nullable Unheeded> again = new AtomicReference<>();
    private volatile KnownEras known = KnownEras.NOTHING;
    private volatile boolean closed;

    // Guarded by this.
    private long nextDoubt = System.nanoTime();
    private long doubtPause = FIRST_PAUSE_NANOS;
    private @Nullable Duration askedAgainAfter;

    /** One turn of questions: the answer for the newer era, and the end of all. */
    private record Flight(Mono<KnownEras> first, Mono<KnownEras> whole) {}

    /** Whose exchanges are spoken in another era than before. */
    private record Switch(boolean ofSessions, boolean ofOthers) {}

    EraProbe(UpstreamConfig config, HttpClient client, InstantSource clock) {
        this.client = client;
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
        return Mono.defer(() -> {
            KnownEras now = known;
            boolean isSettled = (now.modern() != null || !asksModern) && (now.legacy() != null || !asksLegacy);
            return isSettled ? Mono.empty() : flight().whole.then();
        });
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

    /** Asks again in the background, for an answer did not fit the era; the less often, the more often it was in vain. */
    void doubt() {
        if (closed || flight.get() != null) {
            return;
        }
        synchronized (this) {
            long now = System.nanoTime();
            if (now - nextDoubt < 0) {
                return;
            }
            nextDoubt = now + doubtPause;
        }
        var unused = flight();
    }

    Mono<Void> endSessions() {
        return Mono.whenDelayError(legacy.close(), sse.close());
    }

    void close() {
        closed = true;
        replaceAgain(null);
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
                .doFinally(end -> landed(before, end == SignalType.ON_COMPLETE))
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
        Switch change = new Switch(
                isOther(before.forSessions(), after.forSessions()), isOther(before.forOthers(), after.forOthers()));
        if (!closed && (change.ofSessions || change.ofOthers)) {
            synchronized (switches) {
                switches.emitNext(change, Sinks.EmitFailureHandler.FAIL_FAST);
            }
        }
    }

    private static boolean isOther(@Nullable BackDialect before, @Nullable BackDialect after) {
        return before != null && before != after;
    }

    /** Plans when to ask next, after a turn that began with this knowledge. */
    private void landed(KnownEras before, boolean isAnswered) {
        KnownEras now = known;
        boolean hasLost =
                (before.speaksModern() && !now.speaksModern()) || (before.speaksLegacy() && !now.speaksLegacy());
        boolean isComplete = (now.speaksModern() || !asksModern) && (now.speaksLegacy() || !asksLegacy);
        Duration pause;
        synchronized (this) {
            doubtPause = now.equals(before) ? Math.min(2 * doubtPause, LONGEST_PAUSE_NANOS) : FIRST_PAUSE_NANOS;
            Duration last = askedAgainAfter;
            if (isComplete || now.forOthers() == null) {
                pause = null;
            } else if (hasLost || !isAnswered || !now.isAnswered()) {
                pause = last == null || last.equals(LATER) ? SOON : twice(last);
            } else {
                pause = last == null ? LATER : twice(last);
            }
            askedAgainAfter = pause;
        }
        askAgainAfter(pause);
    }

    private static Duration twice(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LATER) < 0 ? doubled : LATER;
    }

    private void askAgainAfter(@Nullable Duration pause) {
        if (pause == null || closed) {
            replaceAgain(null);
            return;
        }
        Unheeded later = new Unheeded();
        replaceAgain(later);
        Mono.delay(pause).doOnNext(due -> flight()).subscribe(later);
    }

    private void replaceAgain(@Nullable Unheeded later) {
        Unheeded former = again.getAndSet(later);
        if (former != null) {
            former.cancel();
        }
    }

    /** The failure of something before a call, in words for the call: nothing of it was sent. */
    static Throwable unsent(Throwable failed) {
        if (!(failed instanceof Refusal refusal)) {
            return failed;
        }
        return switch (refusal.reason()) {
            case UPSTREAM_AMBIGUOUS, UPSTREAM_TIMEOUT ->
                new Refusal(Reason.UPSTREAM_UNAVAILABLE, refusal.text(), refusal.retryAfter()).unsent();
            default -> refusal.unsent();
        };
    }
}
